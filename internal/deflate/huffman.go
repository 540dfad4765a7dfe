// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"cmp"
	"math/bits"
	"slices"
)

// maxBits is the longest code of RFC 1951, section 3.2.7.
const maxBits = 15

// maxLiteralBits is the longest code of a literal or length in this package: a Writer
// writes four codes at once.
const maxLiteralBits = 14

// lengthsOf returns the lengths of a complete prefix code for symbols with these weights.
// At least two weights must be above 0; symbols of weight 0 get no code. No code is longer
// than limit, for which the weights are levelled if necessary.
func lengthsOf(weights []uint64, limit int) []uint8 {
	weights = slices.Clone(weights)
	for {
		lengths := huffman(weights)
		if int(slices.Max(lengths)) <= limit {
			return lengths
		}
		for i, w := range weights {
			if w > 0 {
				weights[i] = w/2 + 1
			}
		}
	}
}

// huffman returns the lengths of a Huffman code. It uses two queues in the order of
// weight: one of symbols, the other of nodes with two children.
func huffman(weights []uint64) []uint8 {
	type node struct {
		weight uint64
		parent int
	}
	nodes := make([]node, 0, 2*len(weights))
	order := make([]int, 0, len(weights)) // the symbol of a leaf
	for i, w := range weights {
		if w > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[a], weights[b]) })
	for _, i := range order {
		nodes = append(nodes, node{weight: weights[i]})
	}
	leaves := len(nodes)
	leaf, joined := 0, leaves
	lightest := func() int {
		if joined == len(nodes) || leaf < leaves && nodes[leaf].weight <= nodes[joined].weight {
			leaf++
			return leaf - 1
		}
		joined++
		return joined - 1
	}
	for range leaves - 1 {
		a, b := lightest(), lightest()
		nodes[a].parent, nodes[b].parent = len(nodes), len(nodes)
		nodes = append(nodes, node{weight: nodes[a].weight + nodes[b].weight})
	}
	depths := make([]uint8, len(nodes))
	lengths := make([]uint8, len(weights))
	for i := len(nodes) - 2; i >= 0; i-- { // parents come after their children
		depths[i] = depths[nodes[i].parent] + 1
		if i < leaves {
			lengths[order[i]] = depths[i]
		}
	}
	return lengths
}

// codesOf returns the codes with these lengths (RFC 1951, section 3.2.2), bit-reversed:
// the first bit of a code is the lowest one.
func codesOf(lengths []uint8) []uint32 {
	var count, next [maxBits + 1]uint32
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	for n := 1; n <= maxBits; n++ {
		next[n] = (next[n-1] + count[n-1]) << 1
	}
	codes := make([]uint32, len(lengths))
	for i, n := range lengths {
		if n > 0 {
			codes[i] = bits.Reverse32(next[n]) >> (32 - n)
			next[n]++
		}
	}
	return codes
}
