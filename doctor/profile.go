// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// behavior is the observed behavior of the server.
type behavior struct {
	identity identity
	plus     answered      // a tag value with + is accepted
	partial  partialReport // how the server reports points that it does not store
	secondAt time.Time     // the timestamp of the two values of checkTwoValues; zero if they were not sent
	bothKept answered      // both of these values are kept
}

// answered is the answer of a check to a yes-or-no question.
type answered uint8

const (
	unanswered answered = iota
	yes
	no
)

// partialReport is how a server reports points that it does not store.
type partialReport uint8

const (
	unknownReport partialReport = iota
	listed                      // it reports each of them, with a reason
	counted                     // it reports their number, as in InfluxDB's "partial write: … dropped=N"
	unreported                  // it does not report them
)

// checkProfile recommends the profile that fits the server.
func checkProfile(_ context.Context, r *run, f *findings) {
	configured, from := apptuitclient.Server(client.Of(r.client).Server()), "the default"
	if _, set := r.inEffect("server"); set.name != "" {
		from = "from " + set.name
	}
	fitting, because := r.behavior.fitting()
	switch {
	case because == "":
		f.ok("%s, %s; no finding suggests another profile", configured, from)
	case fitting == configured:
		f.ok("%s, %s, fits %s", configured, from, because)
	default:
		f.warn("Set APPTUIT_SERVER="+fitting.String()+", or WithServer in the program. "+effect(fitting, r.behavior.plus == yes),
			"%s, %s, does not fit %s", configured, from, because)
	}
}

// fitting returns the server whose profile fits, and the reason. The reason is "" if nothing is known
// about the server. The server's own name counts more than its behavior, because its configuration
// can change its behavior.
func (t *behavior) fitting() (server apptuitclient.Server, because string) {
	switch {
	case t.identity.known:
		return t.identity.server, displayName(t.identity.server)
	case t.plus == no:
		return apptuitclient.ServerOpenTSDB, "a server that refuses tag values with +, as OpenTSDB does"
	case t.partial == counted:
		return apptuitclient.ServerInfluxDB, "a server that counts the points that it drops, as InfluxDB does"
	case t.partial == unreported && t.bothKept == yes:
		return apptuitclient.ServerVictoriaMetrics, "a server that answers without details and keeps two values of one second, as VictoriaMetrics does"
	}
	return apptuitclient.ServerGeneric, ""
}

// effect describes the effect of a profile, as advice.
func effect(server apptuitclient.Server, plusAccepted bool) string {
	switch server {
	case apptuitclient.ServerOpenTSDB:
		if plusAccepted {
			return "It limits the tags of a point to 8 and rewrites tag values. This server accepts +, so APPTUIT_TAG_VALUES=any can keep the values as they are."
		}
		return `It rewrites tag values that OpenTSDB refuses, such as le="+Inf" and blanks, and limits the tags of a point to 8.`
	case apptuitclient.ServerVictoriaMetrics:
		return "It sends timestamps in milliseconds, so that exports within one second keep their times."
	case apptuitclient.ServerInfluxDB:
		return "It rewrites backslashes at the end of tag values, and the tag key time: InfluxDB would lose tags or points."
	default:
		return "Its defaults are those of this server."
	}
}
