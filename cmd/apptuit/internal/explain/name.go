// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// nameDifference says how the name of an existing metric differs from the name that was asked for.
type nameDifference struct {
	cause  string
	known  string
	text   string // completes "the metric is KNOWN: "
	advice string
}

// Patterns of suffixes of metrics, after a dot or an underscore.
const (
	parts    = `bucket|count|sum|min|max`
	reporter = `value|avg|std_dev|(50|75|95|99|999)_percentile|mean_rate|(1|5|15)m_rate`
	units    = `seconds|milliseconds|microseconds|nanoseconds|minutes|hours|days|bytes|kibibytes|mebibytes|gibibytes|kilobytes|megabytes|ratio|percent|celsius|meters|volts|amperes|joules|watts|grams|hertz|per_second`
)

// compareName looks for a known name that is similar to a name, and returns the difference. It returns
// false if no known name is similar.
func compareName(asked string, known []string) (nameDifference, bool) {
	for _, test := range []func(string, string, []string) (nameDifference, bool){compareSanitized, compareSuffix, comparePrefix} {
		for _, name := range known {
			if s, ok := test(asked, name, known); ok && name != asked {
				s.known = name
				return s, true
			}
		}
	}
	if near := nearest.Name(encoding.SanitizePrometheus.Sanitize(asked), known); near != "" && near != asked {
		return nameDifference{"misspelt", near, "a similar name", "Did you mean " + near + "?"}, true
	}
	return nameDifference{}, false
}

// plain returns the sanitized form of a name. Two names with the same form differ only by sanitizing.
func plain(name string) string { return encoding.SanitizePrometheus.Sanitize(name) }

func compareSanitized(asked, known string, _ []string) (nameDifference, bool) {
	switch a, k := plain(asked), plain(known); {
	case a == k:
		return nameDifference{cause: "sanitized-name", text: "its name is sanitized", advice: "Ask for the name on the server. APPTUIT_SANITIZE_MODE is the rule by which names are rewritten."}, true
	case strings.EqualFold(a, k):
		return nameDifference{cause: "case", text: "upper and lower case differ", advice: "Names are case sensitive: ask for the name on the server."}, true
	}
	return nameDifference{}, false
}

// compareSuffix compares two names, one of which begins with the other.
func compareSuffix(asked, known string, all []string) (nameDifference, bool) {
	a, k := plain(asked), plain(known)
	rest, longer := strings.CutPrefix(k, a)
	if !longer {
		var shorter bool
		if rest, shorter = strings.CutPrefix(a, k); !shorter {
			return nameDifference{}, false
		}
	}
	is := func(suffixes string) bool { return regexp.MustCompile(`^_(` + suffixes + `)$`).MatchString(rest) }
	switch {
	case is(parts) && longer && isReporterCount(a, rest, all), is(reporter):
		return nameDifference{cause: "reporter-suffix", text: fmt.Sprintf("the reporter layout (APPTUIT_LAYOUT=reporter) adds the suffix %s", rest), advice: "Ask for the name with the suffix of apptuit-py's reporter, or use the same layout for the program and for this command."}, true
	case is(parts) && longer:
		return nameDifference{cause: "histogram-parts", text: "a histogram or summary is sent as several metrics: " + strings.Join(partsOf(a, all), ", "), advice: "Ask for one of these metrics."}, true
	case is(parts):
		return nameDifference{cause: "histogram-parts", text: fmt.Sprintf("it is sent without the part %s: it is no histogram with explicit buckets", rest), advice: "Exponential histograms are sent as quantiles by default; APPTUIT_HISTOGRAMS=buckets or both sends buckets. Sums and gauges have no parts."}, true
	case is(`total`):
		return nameDifference{cause: "total-suffix", text: suffixText(longer, rest), advice: prometheusAdvice(longer)}, true
	case is(`(` + units + `)(_total)?`):
		return nameDifference{cause: "unit-suffix", text: suffixText(longer, rest), advice: prometheusAdvice(longer)}, true
	}
	return nameDifference{}, false
}

// isReporterCount reports whether a metric with the suffix _count is a counter of the reporter layout. A
// histogram has a metric with the suffix _sum or _bucket as well.
func isReporterCount(asked, rest string, all []string) bool {
	return rest == "_count" && !slices.ContainsFunc(all, func(n string) bool { return plain(n) == asked+"_sum" || plain(n) == asked+"_bucket" })
}

func partsOf(asked string, all []string) (names []string) {
	for _, n := range all {
		rest, ok := strings.CutPrefix(plain(n), asked)
		if ok && (rest == "" || regexp.MustCompile(`^_(`+parts+`)$`).MatchString(rest)) {
			names = append(names, n)
		}
	}
	return names
}

func suffixText(longer bool, rest string) string {
	if longer {
		return fmt.Sprintf("its name has the suffix %s of Prometheus names", rest)
	}
	return fmt.Sprintf("its name does not have the suffix %s of Prometheus names", rest)
}

func prometheusAdvice(longer bool) string {
	if longer {
		return "Ask for the name with the suffix. APPTUIT_PROMETHEUS_NAMES adds it, from the unit and the kind of the instrument."
	}
	return "Ask for the name without the suffix, or set APPTUIT_PROMETHEUS_NAMES=true."
}

func comparePrefix(asked, known string, _ []string) (nameDifference, bool) {
	a, k := plain(asked), plain(known)
	if rest, ok := strings.CutSuffix(k, a); ok && strings.HasSuffix(rest, "_") {
		return nameDifference{cause: "prefix", text: fmt.Sprintf("its name has the prefix %s", rest), advice: "Ask for the name with the prefix. APPTUIT_PREFIX or WithPrefix adds it."}, true
	}
	if rest, ok := strings.CutSuffix(a, k); ok && strings.HasSuffix(rest, "_") {
		return nameDifference{cause: "prefix", text: fmt.Sprintf("its name does not have the prefix %s", rest), advice: "Ask for the name without the prefix, or set APPTUIT_PREFIX=" + rest + " for the program."}, true
	}
	return nameDifference{}, false
}
