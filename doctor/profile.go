// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// behavior are the findings about the server.
type behavior struct {
	identity identity
	plus     answered      // a tag value with + is accepted
	partial  partialReport // how the server reports points that it does not store
	secondAt time.Time     // when two values were sent, if they were
	bothKept answered      // of the two values
}

// answered is the result of a probe.
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
	listed                      // each with its reason
	counted                     // InfluxDB's "partial write: … dropped=N"
	unreported                  // not at all
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
		f.ok("%s, %s; nothing that was found suggests another one", configured, from)
	case fitting == configured:
		f.ok("%s, %s, is the one for %s", configured, from, because)
	default:
		f.warn("Set APPTUIT_SERVER="+fitting.String()+", or WithServer in the program. "+effect(fitting, r.behavior.plus == yes),
			"%s, %s, is not the one for %s", configured, from, because)
	}
}

// fitting returns the server whose profile fits, and the reason; without one, nothing is known.
// The server's own name counts more than its behavior, which a configuration may have changed.
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

// effect says what a profile is good for.
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
		return "It rewrites a backslash at the end of a tag value and the tag key time, with which InfluxDB loses tags or points."
	default:
		return "Its defaults are those of this server."
	}
}
