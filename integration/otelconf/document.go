// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDocument bounds the bytes of a document, and those of the variables in it. A
// ConfigMap of Kubernetes has at most as many.
const maxDocument = 1 << 20

// maxKeys bounds the keys of one mapping: yaml.v3 compares each with each.
const maxKeys = 1000

// parseDocuments returns the documents of a file, at least one. Otelconf knows
// only the first, so it is the only one that must be good YAML.
func parseDocuments(file []byte) ([]*yaml.Node, error) {
	if len(file) > maxDocument {
		return nil, fmt.Errorf("the document has more than %d bytes", maxDocument)
	}
	text, braces := hideBraces(file)
	first := new(yaml.Node)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(first); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New(withoutQuotes(err.Error()))
	}
	documents := []*yaml.Node{first}
	for next := new(yaml.Node); decoder.Decode(next) == nil; next = new(yaml.Node) {
		documents = append(documents, next)
	}
	for _, d := range documents {
		if err := tidy(d, braces); err != nil {
			return nil, err
		}
	}
	return documents, nil
}

// inOneScalar matches a reference that cannot extend over two scalars: it contains no
// quotation marks, no line ends, and no characters that end a scalar in a flow collection.
var inOneScalar = regexp.MustCompile(`\$\{[^,\[\]{}"'\r\n]*\}`)

// hideBraces replaces the braces of references with two characters that the file does not
// contain. In a flow collection, as {token: ${TOKEN}}, YAML would take the braces for those
// of a mapping. Quotation marks around the reference would make every value a text. The
// replacer puts the braces back.
func hideBraces(file []byte) ([]byte, *strings.Replacer) {
	var unused []string
	for r := '\ue000'; len(unused) < 2; r++ { // the first character for private use
		if !bytes.ContainsRune(file, r) {
			unused = append(unused, string(r))
		}
	}
	opening, closing := unused[0], unused[1]
	text := inOneScalar.ReplaceAllFunc(file, func(ref []byte) []byte {
		return []byte("$" + opening + string(ref[len("${"):len(ref)-1]) + closing)
	})
	return text, strings.NewReplacer(opening, "{", closing, "}")
}

// tidy puts back braces, and gives keys nodes of their own: an alias can make one
// node a key and a value, of which only the value is subject to substitution.
func tidy(n *yaml.Node, braces *strings.Replacer) error {
	if n.Kind == yaml.MappingNode && len(n.Content)/2 > maxKeys {
		return fmt.Errorf("line %d: a mapping has more than %d keys", n.Line, maxKeys)
	}
	n.Value = braces.Replace(n.Value)
	for i, c := range n.Content {
		if err := tidy(c, braces); err != nil {
			return err
		}
		if source := resolve(c); n.Kind == yaml.MappingNode && i%2 == 0 && source.Anchor != "" && source.Kind == yaml.ScalarNode {
			key := *source
			key.Line = c.Line
			n.Content[i] = &key
		}
	}
	return nil
}

func content(document *yaml.Node) *yaml.Node {
	if len(document.Content) == 0 {
		return nil
	}
	return resolve(document.Content[0])
}

// resolve follows an alias, which never leads to another one.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// withoutQuotes removes text that a parser's error quotes from the document, for
// example a secret whose first character is *.
func withoutQuotes(text string) string {
	first, last := strings.IndexAny(text, "'\"`"), strings.LastIndexAny(text, "'\"`")
	if first < 0 || first == last || strings.Contains(text, "did not find expected") {
		return text
	}
	return text[:first] + "…" + text[last+1:]
}
