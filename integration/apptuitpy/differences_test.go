// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// differences returns all intended differences. The differences of an area are applied in this order.
func differences() []difference {
	return slices.Concat(characterDifferences(), nameDifferences(), pointDifferences(), requestDifferences(), answerDifferences(), queryDifferences(), reportDifferences(), processDifferences())
}

func characterDifferences() []difference {
	return []difference{{
		area:   "characters",
		python: "digits and numbers outside ASCII, such as `٣`, `²` and `Ⅷ`, are valid in names",
		ours:   "outside ASCII, only letters are valid",
		reason: "the README of apptuit-py says so; its code accepts more",
		source: "utils.py, `VALID_REGEX` and `APPTUIT_SANITIZE_REGEX`",
		edit: func(x *exchange) {
			categories := x.Input.(string)
			for _, row := range []string{"valid", "apptuit"} {
				text := []byte(x.Theirs.Facts[row])
				for i := range text {
					if categories[i] == 'n' && text[i] == '1' && (x.Name != "U+000000" || i > unicode.MaxASCII) {
						text[i] = '0'
					}
				}
				x.Theirs.Facts[row] = string(text)
			}
		},
	}}
}

func nameDifferences() []difference {
	return []difference{
		{
			area:   "names",
			python: "digits and numbers outside ASCII are kept in mode apptuit, and valid in mode None and in keys of `APPTUIT_TAGS`",
			ours:   "they become `_`, or are refused without sanitizing",
			reason: "outside ASCII, only letters are valid (see above)",
			source: "utils.py, `VALID_REGEX` and `APPTUIT_SANITIZE_REGEX`",
			edit: func(x *exchange) {
				switch x.function() {
				case "apptuit":
					x.Theirs.Facts["result"] = withoutNumbers(x.Theirs.Facts["result"])
				case "valid":
					if s := x.argument(); withoutNumbers(s) != s {
						x.Theirs.Facts["result"] = "(false)"
					}
				case "tags":
					for key := range x.Theirs.Facts {
						if withoutNumbers(key) != key {
							x.Theirs.refuse()
						}
					}
				}
			},
		},
		{
			area:   "names",
			python: "if `APPTUIT_TAGS` has a key twice, the last value is used",
			ours:   "`New` returns an error",
			reason: "one of the two values is a mistake, and might be used",
			source: "utils.py, `_get_tags_from_environment`",
			edit: func(x *exchange) {
				if x.function() != "tags" || x.Theirs.Facts["refused"] != "" {
					return
				}
				items := 0
				for item := range strings.SplitSeq(x.argument(), ",") {
					if strings.TrimSpace(item) != "" {
						items++
					}
				}
				if items > len(x.Theirs.Facts) {
					x.Theirs.refuse()
				}
			},
		},
		{
			area:   "names",
			python: "a name may end in a line break",
			ours:   "the name is not valid",
			reason: "a bug of apptuit-py: `$` in its regular expression also matches before a final line break",
			source: "utils.py, `VALID_REGEX`",
			edit: func(x *exchange) {
				if x.function() == "valid" && strings.HasSuffix(x.argument(), "\n") {
					x.Theirs.Facts["result"] = "(false)"
				}
			},
		},
		{
			area:   "names",
			python: "an empty name raises an `IndexError` in mode prometheus",
			ours:   "it stays empty, and the point is refused",
			reason: "sanitizing returns no errors; the check of the point reports the name",
			source: "utils.py, `sanitize_name_prometheus`",
			edit: func(x *exchange) {
				if x.function() == "prometheus" && x.argument() == "" {
					x.Theirs.Facts = map[string]string{"result": ""}
				}
			},
		},
		{
			area:   "names",
			python: "`sanitize_mode=None` and an empty text disable sanitizing; the text `none` is refused",
			ours:   "`none` disables it; an empty text is refused",
			reason: "an environment variable cannot be None, and an empty variable counts as unset",
			source: "apptuit_client.py, `Apptuit.__init__`",
			edit: func(x *exchange) {
				if text, ok := x.Input.(call).arguments[0].(string); ok && x.function() == "mode" {
					switch strings.ToLower(text) {
					case "none":
						x.Theirs.Facts = map[string]string{"result": "none"}
					case "":
						x.Theirs.refuse()
					}
				}
			},
		},
		{
			area:   "names",
			python: "`encode_metric` accepts a metric with `{`, which `decode_metric` cannot read, and a metric of white space, which becomes empty",
			ours:   "`EncodeName` refuses both",
			reason: "each encoded name can be decoded to the same metric and tags",
			source: "apptuit_client.py, `TimeSeriesName.encode_metric`",
			edit: func(x *exchange) {
				if x.function() == "encode" && (strings.Contains(x.argument(), "{") || strings.TrimSpace(x.argument()) == "") {
					x.Theirs.refuse()
				}
			},
		},
		{
			area:   "names",
			python: "`decode_metric` returns numbers and booleans as tag values, which the server refuses or stores as text",
			ours:   "`DecodeName` returns their JSON text unchanged",
			reason: "a tag value in a request is a string",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				if x.function() != "decode" {
					return
				}
				for name, value := range x.Theirs.Facts {
					if text := x.Ours.Facts[name]; strings.HasPrefix(name, "tag ") && sameScalar(value, text) {
						x.Theirs.Facts[name] = text
					}
				}
			},
		},
		{
			area:   "names",
			python: "`decode_metric` returns None for a null tag",
			ours:   "`DecodeName` omits the tag",
			reason: "a tag without a value is not sent",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				if x.function() == "decode" {
					maps.DeleteFunc(x.Theirs.Facts, func(_, value string) bool { return value == "(null)" })
				}
			},
		},
		{
			area:   "names",
			python: "`decode_metric` returns objects and lists as tag values",
			ours:   "`DecodeName` refuses them",
			reason: "no server accepts them",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				if x.function() == "decode" {
					for _, value := range x.Theirs.Facts {
						if strings.HasPrefix(value, "({}") || strings.HasPrefix(value, "([") {
							x.Theirs.refuse()
						}
					}
				}
			},
		},
		{
			area:   "names",
			python: "`decode_metric` reads NaN, Infinity and -Infinity as numbers",
			ours:   "`DecodeName` refuses them",
			reason: "they are not JSON; only Python's json module accepts them",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				if x.function() == "decode" {
					for _, value := range x.Theirs.Facts {
						if strings.HasPrefix(value, `({"$float"`) {
							x.Theirs.refuse()
						}
					}
				}
			},
		},
	}
}

// function returns the name of the function of a case of the area "names".
func (x *exchange) function() string { return x.Input.(call).function }

// argument returns the first argument of a case of the area "names".
func (x *exchange) argument() string {
	text, _ := x.Input.(call).arguments[0].(string)
	return text
}

// refuse changes the outcome of a function: it refuses its arguments.
func (o *outcome) refuse() { o.Facts = map[string]string{"refused": "yes"} }

// sameScalar reports whether the driver's form of a tag value that is not a string, and a text, are the
// same number or boolean.
func sameScalar(value, text string) bool {
	value, ok := strings.CutPrefix(strings.TrimSuffix(value, ")"), "(")
	if !ok {
		return false
	}
	if value == text {
		return true
	}
	if value == `{"$float": "inf"}` {
		value = "Inf"
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return false
	}
	same, err := strconv.ParseFloat(text, 64)
	return number == same && (err == nil || errors.Is(err, strconv.ErrRange))
}

// withoutNumbers replaces digits and numbers outside ASCII by underscores, and each run of underscores by
// one.
func withoutNumbers(s string) string {
	number := func(r rune) bool { return r > unicode.MaxASCII && unicode.IsNumber(r) }
	if !strings.ContainsFunc(s, number) {
		return s
	}
	replaced := strings.Map(func(r rune) rune {
		if number(r) {
			return '_'
		}
		return r
	}, s)
	return regexp.MustCompile("_+").ReplaceAllString(replaced, "_")
}
