// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package model defines the scalars of a data point: its tags, its value and its
// timestamp, and the rules for them. It has no state; all functions are pure.
//
// A point is valid if its metric and tag keys are valid names ([CheckName]), it has 1 to
// 25 tags with a value, or another limit ([TagRules.Finish]), its value is finite and its
// timestamp is in the range that servers accept ([CheckPoint]). Packages that render
// points rely on these checks and do not repeat them.
package model
