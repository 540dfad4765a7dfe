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

// maxDocument is the limit of a document in bytes, and that of the values of all variables in
// it. It is the limit of a ConfigMap of Kubernetes.
const maxDocument = 1 << 20

// maxKeys is the limit of the keys of one mapping: yaml.v3 compares each with all others.
const maxKeys = 1000

// parseDocuments returns the documents of a file, at least one. Otelconf reads only the first
// document, so only that must be valid YAML.
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

// tidy restores the braces of references, and gives each key a node of its own. An alias can
// make one node both a key and a value, and substitution must change only the value.
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

// content returns the root of a document, or nil if the document is empty.
func content(document *yaml.Node) *yaml.Node {
	if len(document.Content) == 0 {
		return nil
	}
	return resolve(document.Content[0])
}

// resolve returns the node that an alias stands for, and any other node itself. An alias
// never stands for another alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// withoutQuotes removes the quoted part of a parser's error. It is text of the document, for
// example a secret that begins with *.
func withoutQuotes(text string) string {
	first, last := strings.IndexAny(text, "'\"`"), strings.LastIndexAny(text, "'\"`")
	if first < 0 || first == last || strings.Contains(text, "did not find expected") {
		return text
	}
	return text[:first] + "…" + text[last+1:]
}
