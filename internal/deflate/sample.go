// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

// Sample counts what is written, for a code that suits it.
type Sample struct {
	literals  [literalCodes]uint32 // and lengths
	distances [distances]uint32
}

// Clear forgets what has been counted.
func (s *Sample) Clear() { *s = Sample{} }

func (s *Sample) text(p []byte) {
	for _, b := range p {
		s.literals[b]++
	}
}

func (s *Sample) match(length, distance int) {
	at, _, _ := lengthCode(length)
	s.literals[at]++
	at, _, _ = distanceCode(distance)
	s.distances[at]++
}

// weights are the counts, with a little for everything: what comes next may have
// any of it.
func (s *Sample) weights() (literals, distanceCodes []uint64) {
	weigh := func(counts []uint32) []uint64 {
		w := make([]uint64, len(counts))
		total := uint64(0)
		for _, n := range counts {
			total += uint64(n)
		}
		for i, n := range counts {
			w[i] = 1 + total/10_000 + uint64(n)
		}
		return w
	}
	literals, distanceCodes = weigh(s.literals[:]), weigh(s.distances[:])
	literals[endOfBlock] = 1
	return literals, distanceCodes
}
