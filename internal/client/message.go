// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"encoding/json"
	"strings"
)

// message returns the error message in the body of an answer: from the JSON of OpenTSDB,
// Prometheus or a gateway, the text of an HTML page without its tags, or else the whole
// body. cut says that the message may be incomplete.
func message(text []byte) (_ string, cut bool) {
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(text, &answer) == nil && answer.Error != nil {
		var openTSDB struct {
			Message string `json:"message"`
		}
		var prometheus string
		switch {
		case json.Unmarshal(answer.Error, &openTSDB) == nil && openTSDB.Message != "":
			return openTSDB.Message, false
		case json.Unmarshal(answer.Error, &prometheus) == nil && prometheus != "":
			return prometheus, false
		}
	}
	if answer.Message != "" {
		return answer.Message, false
	}
	if page := bytes.TrimSpace(text); len(page) > 0 && page[0] == '<' {
		return withoutTags(page[:min(len(page), maxPage)]), len(page) > maxPage || len(text) >= maxText
	}
	return string(text), len(text) >= maxText
}

// maxPage bounds how many bytes of an HTML page are searched for text.
const maxPage = 8 << 10

// withoutTags returns the text of an HTML page.
func withoutTags(page []byte) string {
	var text strings.Builder
	inside := false
	for _, c := range page {
		switch {
		case c == '<':
			inside = true
			text.WriteByte(' ')
		case c == '>':
			inside = false
		case !inside:
			text.WriteByte(c)
		}
	}
	return text.String()
}
