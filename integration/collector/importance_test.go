// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// The number of attributes of a resource that become tags depends on the configuration only.
func TestImportance_Room(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   int
	}{
		{"by default", func(*Config) {}, 13},
		{"opentsdb", func(cfg *Config) { cfg.Server = "opentsdb" }, 2},
		{"opentsdb without tags of scopes", func(cfg *Config) { cfg.Server, cfg.ScopeTags = "opentsdb", false }, 3},
		{"opentsdb with nothing else", func(cfg *Config) { cfg.Server, cfg.ScopeTags, cfg.HostTag = "opentsdb", false, false }, 4},
		{"configured tags", func(cfg *Config) { cfg.Tags = map[string]string{"a": "1", "b": "2", "host": ""} }, 12},
		{"names of Prometheus", func(cfg *Config) { cfg.PrometheusNames = true }, 12},
		{"a high limit", func(cfg *Config) { cfg.MaxTags = 127 }, 115},
		{"a low limit", func(cfg *Config) { cfg.MaxTags = 4 }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := newRig(t, tt.change).e.resources.importance.room; got != tt.want {
				t.Errorf("%d attributes, want %d", got, tt.want)
			}
		})
	}
}

func TestImportance_Choose(t *testing.T) {
	for _, tt := range []struct {
		name       string
		attributes string
		host       bool
		want       string // in the order of importance
	}{
		{"a program", "service.name service.version telemetry.sdk.name os.type process.pid process.command_line host.arch", false, "service.name process.pid"},
		{"with an instance", "service.name service.instance.id process.pid process.executable.name", false, "service.name service.instance.id"},
		{
			"a container of Docker", "container.id container.name container.runtime container.hostname container.image.name container.image.tag my-label",
			false, "container.id container.name my-label container.image.name",
		},
		{
			"a container of Kubernetes", "container.id k8s.container.name k8s.pod.uid k8s.node.uid k8s.deployment.uid k8s.deployment.name zone k8s.pod.start_time", false,
			"k8s.pod.uid k8s.container.name k8s.deployment.name zone k8s.deployment.uid k8s.node.uid",
		},
		{"a deployment", "k8s.deployment.uid k8s.deployment.name k8s.namespace.name zone", false, "k8s.deployment.uid k8s.deployment.name k8s.namespace.name zone"},
		{"a host", "host.name host.id host.type os.type cloud.region", false, "host.name host.id cloud.region"},
		{"a host with a tag", "host.name host.id", true, "host.id"},
		{"a database", "postgresql.database.name postgresql.table.name", false, "postgresql.database.name postgresql.table.name"},
		{"only descriptions", "os.type telemetry.sdk.language", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := pcommon.NewMap()
			for key := range strings.FieldsSeq(tt.attributes) {
				m.PutStr(key, "v")
			}
			all := strings.Fields(tt.want)
			for n := range len(all) + 2 {
				i := newImportance(0, 0)
				i.room = n
				chosen, short := i.choose(sortedAttributes(nil, m), tt.host)
				want := slices.Clone(all[:min(n, len(all))])
				wantShort := slices.Clone(want[:min(len(want), shortLength)])
				wantShort = slices.DeleteFunc(wantShort, func(key string) bool { return slices.Contains(describing(), key) })
				slices.Sort(want)
				slices.Sort(wantShort)
				if !slices.Equal(keysOf(chosen), want) || !slices.Equal(keysOf(short), wantShort) && short != nil || (short == nil) != (len(wantShort) == len(want)) {
					t.Errorf("room for %d: %v, short %v, want %q, %q", n, chosen, short, want, wantShort)
				}
			}
		})
	}
}

func keysOf(tags []model.Tag) (keys []string) {
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// The page lists the attributes in the order of their importance.
func TestImportance_Page(t *testing.T) {
	page, err := os.ReadFile("attributes.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := func(heading string) (keys []string) {
		_, table, ok := strings.Cut(string(page), heading)
		if !ok {
			t.Fatalf("no table with %q", heading)
		}
		table, _, _ = strings.Cut(table, "\n\n")
		for _, row := range strings.Split(table, "\n")[2:] {
			first := strings.Split(row, "|")[1]
			for _, token := range regexp.MustCompile("`[^`]+`").FindAllString(first, -1) {
				key := strings.Trim(token, "`")
				if strings.Contains(first, "uid and name of") {
					keys = append(keys, objects(key)...)
					continue
				}
				keys = append(keys, key)
			}
			if strings.Contains(first, "all others") {
				keys = append(keys, others)
			}
		}
		return keys
	}
	if diff := cmp.Diff(important(), listed("| become tags, in this order |")); diff != "" {
		t.Errorf("attributes.md (-code +page):\n%s", diff)
	}
	if diff := cmp.Diff(unimportant(), listed("| do not become tags |")); diff != "" {
		t.Errorf("attributes.md (-code +page):\n%s", diff)
	}
}
