// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"encoding"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/url"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

var update = flag.Bool("update", false, "write config.schema.json")

const (
	schemaFile = "config.schema.json"
	folderURL  = "https://github.com/apptuitai/apptuit-go/blob/main/integration/collector/"
	readmeURL  = folderURL + "README.md"

	// variablePattern matches a value that the Collector replaces before it decodes the
	// configuration, for example ${env:NAME}.
	variablePattern = `\$\{.+\}`
	durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^0$|` + variablePattern
)

// schema is a JSON schema, as far as config.schema.json needs it.
type schema struct {
	ID                   string             `json:"$id,omitempty"`
	Dialect              string             `json:"$schema,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 any                `json:"type,omitempty"` // a name, or a list of names
	Pattern              string             `json:"pattern,omitempty"`
	Const                any                `json:"const,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Default              any                `json:"default,omitempty"`
	AnyOf                []*schema          `json:"anyOf,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // a schema, or false
}

// configSchema returns the schema of the configuration, with keys and types of Config, defaults of
// the factory, and descriptions of the README.
func configSchema(t *testing.T) *schema {
	t.Helper()
	root := schemaOf(t, reflect.ValueOf(createDefaultConfig()).Elem())
	for key, row := range documentedKeys(t) {
		if of := root.Properties[key]; of != nil && row.text != "" {
			of.Description = plain(t, row.text)
		}
	}
	for key, names := range choices() {
		root.Properties[key].Type = nil
		root.Properties[key].AnyOf = []*schema{{Enum: names}, {Type: "string", Pattern: variablePattern}}
	}
	root.ID = folderURL + schemaFile
	root.Dialect = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "exporter/apptuit"
	root.Description = "The configuration of the exporter apptuit. " + readmeURL + " documents it."
	return root
}

// choices returns the values of keys whose value is a name, by the table of settings. If the
// default depends on other keys, the empty name selects it.
func choices() map[string][]string {
	all := make(map[string][]string)
	for _, s := range table.All() {
		if s.Type != table.Choice || s.Collector() == "" {
			continue
		}
		names := s.Choices
		if !slices.Contains(names, s.Default) {
			names = append([]string{""}, names...)
		}
		all[s.Collector()] = names
	}
	return all
}

// schemaOf returns the schema of a setting, with its value as the default.
func schemaOf(t *testing.T, setting reflect.Value) *schema {
	t.Helper()
	of := setting.Type()
	switch {
	case settingType(of) != of:
		return optionalSchema(t, setting)
	case of == reflect.TypeFor[time.Duration]():
		return &schema{AnyOf: []*schema{{Type: "string", Pattern: durationPattern}, {Const: 0}}, Default: setting.Interface().(time.Duration).String()}
	case of == reflect.TypeFor[configopaque.MapList]():
		return &schema{AnyOf: []*schema{schemaOf(t, reflect.ValueOf(map[string]string(nil))), arrayOf(schemaOf(t, reflect.New(of.Elem()).Elem()))}}
	case reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && of.Kind() == reflect.Struct:
		text, err := setting.Addr().Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		return &schema{Type: "string", Default: string(text)}
	}
	switch of.Kind() {
	case reflect.Bool:
		return scalar("boolean", setting)
	case reflect.Int, reflect.Int64:
		return scalar("integer", setting)
	case reflect.Float64:
		return scalar("number", setting)
	case reflect.String:
		return &schema{Type: "string", Default: setting.String()}
	case reflect.Slice:
		return arrayOf(withoutDefaults(schemaOf(t, reflect.New(of.Elem()).Elem())))
	case reflect.Map:
		return &schema{Type: []string{"object", "string"}, Pattern: variablePattern, AdditionalProperties: withoutDefaults(schemaOf(t, reflect.New(of.Elem()).Elem()))}
	case reflect.Struct:
		s := &schema{Type: []string{"object", "string"}, Pattern: variablePattern, Properties: make(map[string]*schema), AdditionalProperties: false}
		for field, value := range setting.Fields() {
			if !field.IsExported() {
				continue
			}
			key, options, _ := strings.Cut(field.Tag.Get("mapstructure"), ",")
			inner := schemaOf(t, value)
			switch {
			case options == "squash":
				maps.Copy(s.Properties, inner.Properties)
			case key == "":
				t.Fatalf("%v.%s has no key", of, field.Name)
			default:
				inner.Description = describeField(t, of, field.Name)
				s.Properties[key] = inner
			}
		}
		return s
	}
	t.Fatalf("%v has no schema", of)
	return nil
}

// optionalSchema returns the schema of a pointer or a configoptional.Optional. A section
// that can be left out has the key enabled.
func optionalSchema(t *testing.T, setting reflect.Value) *schema {
	t.Helper()
	of := settingType(setting.Type())
	value := setting
	if setting.Kind() == reflect.Struct {
		value = setting.Addr().MethodByName("Get").Call(nil)[0]
	}
	var s *schema
	if value.IsNil() {
		s = withoutDefaults(schemaOf(t, reflect.New(of).Elem()))
	} else {
		s = schemaOf(t, value.Elem())
	}
	if setting.Kind() == reflect.Struct && s.Properties != nil {
		enabled := withoutDefaults(scalar("boolean", reflect.ValueOf(true)))
		enabled.Description = "false disables the section, as if it were missing."
		s.Properties["enabled"] = enabled
	}
	return s
}

func scalar(name string, value reflect.Value) *schema {
	return &schema{Type: []string{name, "string"}, Pattern: variablePattern, Default: value.Interface()}
}

func arrayOf(items *schema) *schema {
	return &schema{Type: []string{"array", "string"}, Pattern: variablePattern, Items: items}
}

// withoutDefaults removes the defaults from a schema. A section that is absent by default has
// none, nor has an element of a list.
func withoutDefaults(s *schema) *schema {
	s.Default = nil
	for _, inner := range s.Properties {
		withoutDefaults(inner)
	}
	return s
}

// describeField returns the comment of a field of this package, and for a field of another
// package the page that documents it.
func describeField(t *testing.T, of reflect.Type, field string) string {
	t.Helper()
	if of.PkgPath() == reflect.TypeFor[Config]().PkgPath() {
		return comment(t, of.Name(), field)
	}
	public, _, internal := strings.Cut(of.PkgPath(), "/internal/")
	page := public // the package that has a name for the type
	if !internal {
		page += "#" + of.Name()
	}
	return fmt.Sprintf("%s of package %s: https://pkg.go.dev/%s", field, path.Base(public), page)
}

// comment returns the comment of a field in config.go.
func comment(t *testing.T, of, field string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		declared, ok := n.(*ast.TypeSpec)
		if !ok || declared.Name.Name != of {
			return true
		}
		for _, f := range declared.Type.(*ast.StructType).Fields.List {
			if f.Names[0].Name == field {
				text = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
		return false
	})
	return text
}

// plain returns Markdown without its marks, and with the whole URL of each link.
func plain(t *testing.T, markdown string) string {
	t.Helper()
	base, err := url.Parse(readmeURL)
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\[([^]]+)\]\(([^)]+)\)`)
	text := links.ReplaceAllStringFunc(markdown, func(link string) string {
		parts := links.FindStringSubmatch(link)
		target, err := base.Parse(parts[2])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s (%s)", parts[1], target)
	})
	return strings.ReplaceAll(text, "`", "")
}

// paths calls visit for each key below a section, with its path.
func (s *schema) paths(section string, visit func(path string, of *schema)) {
	for key, of := range s.Properties {
		visit(section+key, of)
		of.paths(section+key+confmap.KeyDelimiter, visit)
	}
}

// sample returns a value of the schema's type, which is not its default.
func (s *schema) sample() any {
	if s.AnyOf != nil {
		return s.AnyOf[0].sample()
	}
	if s.Enum != nil {
		return s.Enum[len(s.Enum)-1]
	}
	name, ok := s.Type.(string)
	if !ok {
		name = s.Type.([]string)[0]
	}
	switch {
	case name == "boolean":
		on, _ := s.Default.(bool)
		return !on
	case name == "integer":
		return 7
	case name == "number":
		return 0.25
	case name == "array":
		return []any{s.Items.sample()}
	case name == "object":
		section := make(map[string]any)
		for key, of := range s.Properties {
			section[key] = of.sample()
		}
		return section
	case s.Pattern == durationPattern:
		return "7s"
	case s.Default == "items", s.Default == "requests":
		return "bytes"
	}
	return "x"
}

// defaults returns the defaults of a section and the sections below.
func (s *schema) defaults() map[string]any {
	values := make(map[string]any)
	for key, of := range s.Properties {
		if of.Default != nil {
			values[key] = of.Default
		} else if below := of.defaults(); len(below) > 0 {
			values[key] = below
		}
	}
	return values
}

// With -update, the test writes the file.
func TestConfigSchema(t *testing.T) {
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(configSchema(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is not current: run go generate\n%s", schemaFile, diff)
	}
}

// The schema has all keys of the configuration, each with a type and a description.
func TestConfigSchema_HasTheKeysOfTheConfiguration(t *testing.T) {
	there := make(map[string]bool)
	configSchema(t).paths("", func(path string, of *schema) {
		there[path] = true
		if of.Description == "" || of.Type == nil && of.AnyOf == nil {
			t.Errorf("%s lacks a description or a type", path)
		}
	})
	marshaled := confmap.New()
	if err := marshaled.Marshal(createDefaultConfig()); err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(marshaled.AllKeys(), slices.Collect(maps.Keys(keys(t))))
	for _, key := range want {
		if !there[key] {
			t.Errorf("the schema lacks %s", key)
		}
	}
	if len(want) < 60 {
		t.Errorf("only %d keys", len(want))
	}
}

// The schema lists all valid names, and no others, and the README contains them.
func TestConfigSchema_ChoicesAreValid(t *testing.T) {
	rows := documentedKeys(t)
	quoted := regexp.MustCompile("`([^`]+)`")
	valid := func(key, name string) bool {
		cfg := createDefaultConfig().(*Config)
		if err := confmap.NewFromStringMap(map[string]any{"endpoint": "http://localhost", key: name}).Unmarshal(cfg); err != nil {
			return false
		}
		return cfg.Validate() == nil
	}
	for key, names := range choices() {
		for _, name := range names {
			if !valid(key, name) {
				t.Errorf("%s: %q is not valid", key, name)
			}
			if name != "" && !strings.Contains(rows[key].text, "`"+name+"`") {
				t.Errorf("%s: the README lacks %q", key, name)
			}
		}
		for _, word := range quoted.FindAllStringSubmatch(rows[key].text, -1) {
			if valid(key, word[1]) && !slices.Contains(names, word[1]) {
				t.Errorf("%s: the schema lacks %q", key, word[1])
			}
		}
		if valid(key, "nonsense") {
			t.Errorf("%s takes any name", key)
		}
	}
}

// The configuration accepts each key of the schema with a value of its type.
func TestConfigSchema_EachKeyIsDecoded(t *testing.T) {
	configSchema(t).paths("", func(path string, of *schema) {
		given := confmap.New()
		section := map[string]any{}
		value := section
		parts := strings.Split(path, confmap.KeyDelimiter)
		for _, part := range parts[:len(parts)-1] {
			below := map[string]any{}
			value[part], value = below, below
		}
		value[parts[len(parts)-1]] = of.sample()
		if err := given.Merge(confmap.NewFromStringMap(section)); err != nil {
			t.Fatal(err)
		}
		cfg := createDefaultConfig().(*Config)
		if err := given.Unmarshal(cfg); err != nil {
			t.Errorf("%v: %v", section, err)
		}
		if of.Properties == nil && !strings.HasSuffix(path, "::enabled") && cmp.Equal(cfg, createDefaultConfig(), everything()) {
			t.Errorf("%v changes nothing", section)
		}
	})
}

// The defaults of the schema are the configuration of the factory.
func TestConfigSchema_DefaultsAreTheFactorys(t *testing.T) {
	var cfg Config
	if err := confmap.NewFromStringMap(configSchema(t).defaults()).Unmarshal(&cfg); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(createDefaultConfig(), &cfg, everything()); diff != "" {
		t.Errorf("factory (-), schema (+):\n%s", diff)
	}
}

// everything has cmp compare unexported fields, too, except warnings about deprecated keys.
func everything() cmp.Option {
	return cmp.Options{
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".deprecationWarnings" }, cmp.Ignore()),
	}
}
