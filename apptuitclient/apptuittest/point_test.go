// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestPoint_Time(t *testing.T) {
	for text, want := range map[string]time.Time{
		"1700000000":    time.Unix(1700000000, 0),
		"9999999999":    time.Unix(9999999999, 0),
		"10000000000":   time.UnixMilli(10000000000),
		"1700000000123": time.UnixMilli(1700000000123),
		"-1700000000":   time.Unix(-1700000000, 0),
		"1.5":           {},
		"":              {},
	} {
		p := apptuittest.Point{Timestamp: json.Number(text)}
		if got := p.Time(); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func TestPoint_Float(t *testing.T) {
	for text, want := range map[string]float64{
		"1.5": 1.5, "-7": -7, "1e3": 1000, "9223372036854775807": 9223372036854775807, "": 0, "many": 0,
	} {
		if got := (apptuittest.Point{Value: json.Number(text)}).Float(); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func TestPoint_String(t *testing.T) {
	p := apptuittest.Point{
		Metric: "m", Tags: map[string]string{"b": "2", "a": "x y", "c": ""}, Timestamp: "1", Value: "1.0",
	}
	if got, want := p.String(), "m{a=x y, b=2, c=} 1 1.0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (apptuittest.Point{}).String(), "{}  "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
