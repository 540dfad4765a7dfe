// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otlpjson

import (
	"go.opentelemetry.io/otel/attribute"
	common "go.opentelemetry.io/proto/otlp/common/v1"
)

func attributesOf(kvs []*common.KeyValue) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(kvs))
	for _, kv := range kvs {
		all = append(all, attribute.KeyValue{Key: attribute.Key(kv.GetKey()), Value: valueOf(kv.GetValue())})
	}
	return all
}

// valueOf returns the value of an attribute: an empty string if it has none.
func valueOf(v *common.AnyValue) attribute.Value {
	switch v := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return attribute.StringValue(v.StringValue)
	case *common.AnyValue_BoolValue:
		return attribute.BoolValue(v.BoolValue)
	case *common.AnyValue_IntValue:
		return attribute.Int64Value(v.IntValue)
	case *common.AnyValue_DoubleValue:
		return attribute.Float64Value(v.DoubleValue)
	case *common.AnyValue_BytesValue:
		return attribute.ByteSliceValue(v.BytesValue)
	case *common.AnyValue_KvlistValue:
		return attribute.MapValue(attributesOf(v.KvlistValue.GetValues())...)
	case *common.AnyValue_ArrayValue:
		return arrayOf(v.ArrayValue.GetValues())
	}
	return attribute.StringValue("")
}

// arrayOf returns an array. The SDK has special types for arrays whose values have one type.
func arrayOf(values []*common.AnyValue) attribute.Value {
	all := make([]attribute.Value, len(values))
	for i, v := range values {
		all[i] = valueOf(v)
	}
	switch {
	case every(all, attribute.STRING):
		return attribute.StringSliceValue(each(all, attribute.Value.AsString))
	case every(all, attribute.BOOL):
		return attribute.BoolSliceValue(each(all, attribute.Value.AsBool))
	case every(all, attribute.INT64):
		return attribute.Int64SliceValue(each(all, attribute.Value.AsInt64))
	case every(all, attribute.FLOAT64):
		return attribute.Float64SliceValue(each(all, attribute.Value.AsFloat64))
	}
	return attribute.SliceValue(all...)
}

func every(values []attribute.Value, t attribute.Type) bool {
	for _, v := range values {
		if v.Type() != t {
			return false
		}
	}
	return true
}

func each[T any](values []attribute.Value, as func(attribute.Value) T) []T {
	all := make([]T, len(values))
	for i, v := range values {
		all[i] = as(v)
	}
	return all
}
