// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding_test

import (
	"errors"
	"fmt"

	"github.com/apptuitai/apptuit-go/encoding"
)

func ExampleEncodeName() {
	name, err := encoding.EncodeName("node.cpu", map[string]string{"type": "idle", "city": "Zürich"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(name)
	// Output: node.cpu{"city": "Z\u00fcrich", "type": "idle"}
}

func ExampleDecodeName() {
	metric, tags, err := encoding.DecodeName(`node.cpu {"type":"idle","core":0}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(metric, tags)
	// Output: node.cpu map[core:0 type:idle]
}

func ExampleParseTags() {
	tags, err := encoding.ParseTags("service: checkout, region: eu-west-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tags)
	// Output: map[region:eu-west-1 service:checkout]
}

func ExampleSanitizeMode_Sanitize() {
	for _, mode := range []encoding.SanitizeMode{
		encoding.SanitizePrometheus,
		encoding.SanitizeApptuit,
		encoding.SanitizeNone,
	} {
		fmt.Printf("%s: %s\n", mode, mode.Sanitize("température.max (°C)"))
	}
	// Output:
	// prometheus: temp_rature_max_C_
	// apptuit: température.max_C_
	// none: température.max (°C)
}

func ExampleAppendString() {
	line := []byte(`{"path":`)
	line = encoding.AppendString(line, "C:\\データ\n")
	line = append(line, '}')
	fmt.Println(string(line))
	// Output: {"path":"C:\\データ\n"}
}

func ExampleError() {
	_, err := encoding.ParseTags("service: checkout, disk usage: 80")

	var e *encoding.Error
	if errors.As(err, &e) {
		fmt.Println("field:", e.Field)
		fmt.Println("value:", e.Value)
	}
	fmt.Println("invalid name:", errors.Is(err, encoding.ErrInvalidName))
	fmt.Println(err)
	// Output:
	// field: tag key
	// value: disk usage
	// invalid name: true
	// tag key "disk usage": only Unicode letters, ASCII digits and - _ . / are allowed
}
