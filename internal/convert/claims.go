// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/reported"
)

// Two resources are ambiguous if their points get the same tags, because the attributes that
// distinguish them do not become tags. Their series are then equal wherever their metrics and
// the attributes of their data points are. Converters know one resource only, so each line of
// an ambiguous resource is claimed for the resource before it is written. A line that another
// resource has claimed, in this export or in a recent one, collides with it.
//
// Ambiguous resources are found before an export converts data points, by a hash of their tags
// ([Export.Announce]), if both were used within [IdleTime]. Other resources claim no lines, and
// their conversion takes no more time. Two resources with different tags are never ambiguous,
// even if the attributes of their data points make their series equal.

// ambiguity finds the ambiguous resources of a pool, and keeps their claims of exports that have
// ended. It is safe for concurrent use. The methods join, leave and forget of a nil
// *ambiguity do nothing.
type ambiguity[K comparable] struct {
	seeds    [2]maphash.Seed
	values   encoding.TagValueRule
	budget   *Budget
	reported *reported.Set[[2]K] // pairs of resources that have collided

	mu             sync.Mutex
	sets           map[uint64]*tagSet // by the hash of the tags
	younger, older claimed[K]         // by exports that have ended
}

// tagSet counts the known resources that give their points the same tags.
type tagSet struct {
	hash      uint64
	resources int
}

// tagSetCost is the size of a tagSet in its map, in bytes.
const tagSetCost = 64

// claimed are claims of lines, and the attributes of the resources that have claimed them.
type claimed[K comparable] struct {
	lines      map[lineHash]K
	attributes map[K][]model.Tag
	charged    int64
}

type lineHash [2]uint64

const (
	// maxClaims bounds the lines of exports that have ended, in each of two generations.
	maxClaims = 64 << 10
	// claimCost is the size of a claimed line, in bytes.
	claimCost = 64
)

func newAmbiguity[K comparable](cfg *Config, budget *Budget) *ambiguity[K] {
	return &ambiguity[K]{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, values: cfg.Names.Values, budget: budget,
		reported: reported.NewSet[[2]K](maxReported),
		sets:     make(map[uint64]*tagSet),
	}
}

// join adds a resource with these tags.
func (a *ambiguity[K]) join(tags Tags) (sets []*tagSet) {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, layer := range [][]model.Tag{tags.Base, tags.Short} {
		if layer == nil && sets != nil {
			break
		}
		hash := a.hash(layer)
		s, ok := a.sets[hash]
		if !ok {
			s = &tagSet{hash: hash}
			a.sets[hash] = s
		}
		s.resources++
		sets = append(sets, s)
	}
	return sets
}

// leave is the reverse of join.
func (a *ambiguity[K]) leave(sets []*tagSet) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range sets {
		if s.resources--; s.resources == 0 {
			delete(a.sets, s.hash)
		}
	}
}

// ambiguous reports whether another resource has the tags of one of the sets.
func (a *ambiguity[K]) ambiguous(sets []*tagSet) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(sets, func(s *tagSet) bool { return s.resources > 1 })
}

// hash returns a hash of tags as they are sent. Equal hashes of different tags only cost time.
func (a *ambiguity[K]) hash(tags []model.Tag) uint64 {
	var h maphash.Hash
	h.SetSeed(a.seeds[0])
	for _, t := range tags {
		if t.Value == "" {
			continue
		}
		for _, text := range []string{t.Key, a.values.Value(t.Value)} {
			_, _ = h.WriteString(text) // never fails
			_ = h.WriteByte(0)
		}
	}
	return h.Sum64()
}

// recent returns the resource that has claimed a line in an export that has ended.
func (a *ambiguity[K]) recent(line lineHash) (resource K, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if resource, ok = a.younger.lines[line]; !ok {
		resource, ok = a.older.lines[line]
	}
	return resource, ok
}

// attributes returns the attributes of a resource that has claimed a line in an export that
// has ended.
func (a *ambiguity[K]) attributes(resource K) []model.Tag {
	a.mu.Lock()
	defer a.mu.Unlock()
	if attributes, ok := a.younger.attributes[resource]; ok {
		return attributes
	}
	return a.older.attributes[resource]
}

// remember keeps the claims of an export that has ended, if there is room.
func (a *ambiguity[K]) remember(c claimed[K]) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(c.lines) > maxClaims {
		return
	}
	if len(a.younger.lines)+len(c.lines) > maxClaims {
		a.budget.Take(-a.older.charged)
		a.older, a.younger = a.younger, claimed[K]{}
	}
	cost := int64(claimCost * len(c.lines))
	for _, attributes := range c.attributes {
		cost += tagsCost(attributes)
	}
	if !a.budget.Take(cost) {
		return
	}
	a.younger.charged += cost
	if a.younger.lines == nil {
		a.younger.lines, a.younger.attributes = c.lines, c.attributes
		return
	}
	maps.Copy(a.younger.lines, c.lines)
	maps.Copy(a.younger.attributes, c.attributes)
}

// forget forgets all claims.
func (a *ambiguity[K]) forget() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.budget.Take(-a.younger.charged - a.older.charged)
	a.younger, a.older = claimed[K]{}, claimed[K]{}
}

// claims are the claims of an export. It implements [block.Claims].
type claims[K comparable] struct {
	of       *ambiguity[K]
	made     claimed[K]
	resource K // that is converted
	winner   K // of the last line that could not be claimed
}

func newClaims[K comparable](of *ambiguity[K]) *claims[K] {
	return &claims[K]{of: of, made: claimed[K]{lines: make(map[lineHash]K), attributes: make(map[K][]model.Tag)}}
}

// describe sets the attributes of the resource that is converted, unless they are known.
func (c *claims[K]) describe(attributes func() []model.Tag) {
	if _, ok := c.made.attributes[c.resource]; !ok {
		c.made.attributes[c.resource] = cloneTags(attributes())
	}
}

// cloneTags returns a deep copy.
func cloneTags(tags []model.Tag) []model.Tag {
	tags = slices.Clone(tags)
	for i, t := range tags {
		tags[i] = model.Tag{Key: strings.Clone(t.Key), Value: strings.Clone(t.Value)}
	}
	return tags
}

// Claim claims a line for the resource that is converted.
func (c *claims[K]) Claim(line []byte) bool {
	hash := lineHash{maphash.Bytes(c.of.seeds[0], line), maphash.Bytes(c.of.seeds[1], line)}
	winner, ok := c.made.lines[hash]
	if !ok {
		winner, ok = c.of.recent(hash)
	}
	if ok && winner != c.resource {
		c.winner = winner
		return false
	}
	c.made.lines[hash] = c.resource
	return true
}

// collision returns the error of a point of the resource that is converted, which collides
// with the winner, and whether the pair of resources was reported before.
func (c *claims[K]) collision(loser Identity) (reported bool, err error) {
	if c.of.reported.Seen([2]K{c.winner, c.resource}) {
		return true, nil
	}
	winner, ok := c.made.attributes[c.winner]
	if !ok {
		winner = c.of.attributes(c.winner)
	}
	return false, &ResourceCollisionError{Instrument: loser, Winner: winner, Loser: c.made.attributes[c.resource]}
}

// ResourceCollisionError is the error of a point that has the same series and timestamp as a
// point of another resource.
type ResourceCollisionError struct {
	Instrument Identity
	// Winner and Loser are the attributes of the resources, sorted by key. Winner is nil if
	// they are not known any more.
	Winner, Loser []model.Tag
}

// Error names the attributes in which the resources differ.
func (e *ResourceCollisionError) Error() string {
	who := fmt.Sprintf("the resources %s and %s", differences(e.Winner, e.Loser), differences(e.Loser, e.Winner))
	if e.Winner == nil {
		who = "a resource of an earlier batch and the resource " + differences(e.Loser, nil)
	}
	return fmt.Sprintf("%v of %s renders to one series and timestamp, because these attributes are not among its tags "+
		"(resource_attributes): only the former is sent", e.Instrument, who)
}

// Limits of the attributes that an error shows.
const (
	maxShown     = 8
	maxShownText = 100 // bytes of a key or value
)

// differences returns the text of the tags that others do not contain.
func differences(tags, others []model.Tag) string {
	var shown []string
	more := 0
	for _, t := range tags {
		switch {
		case slices.Contains(others, t):
		case len(shown) == maxShown:
			more++
		default:
			shown = append(shown, fmt.Sprintf("%s=%q", shortened(t.Key), shortened(t.Value)))
		}
	}
	if more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return "{" + strings.Join(shown, ", ") + "}"
}

// shortened returns a text that is not longer than maxShownText and an ellipsis.
func shortened(text string) string {
	if len(text) <= maxShownText {
		return text
	}
	return strings.ToValidUTF8(text[:maxShownText], "") + "…"
}
