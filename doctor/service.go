// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// checkService checks the resource attributes that distinguish this process from others. It sees the
// attributes that the SDK finds by itself, and not those that the program sets in its code.
func checkService(ctx context.Context, r *run, f *findings) {
	_, err := resource.New(ctx, resource.WithFromEnv())
	if err != nil {
		f.warn("The value must have the form key=value,key=value.", "OTEL_RESOURCE_ATTRIBUTES: %v", err)
	}
	set := r.resource(ctx).Set()
	name, _ := set.Value(semconv.ServiceNameKey)
	if strings.HasPrefix(name.String(), "unknown_service") {
		f.warn("Set OTEL_SERVICE_NAME, unless the program has a resource with service.name.", "the service has no name; its points have the tag service_name=unknown_service:PROGRAM")
	} else {
		f.ok("service.name is %s", name.String())
	}
	id, found := set.Value(semconv.ServiceInstanceIDKey)
	switch from := r.instanceTag(); {
	case found:
		f.ok("service.instance.id is %s", id.String())
	case from != "":
		f.ok("%s sets the tag service_instance_id", from)
	default:
		f.warn("Two processes of the service on one host write the same series. Give each process its own ID: OTEL_RESOURCE_ATTRIBUTES=service.instance.id=…, or exporter.WithInstanceTag.",
			"the service has no service.instance.id")
	}
}

// resource returns the resource of a program that sets none in its code. It reads the environment
// itself, because the SDK reads the environment only once, for its default resource.
func (r *run) resource(ctx context.Context) *resource.Resource {
	environment, _ := resource.New(ctx, resource.WithFromEnv())
	merged, err := resource.Merge(resource.Default(), environment)
	if err != nil {
		return resource.Default()
	}
	return merged
}

// instanceTag returns the source of a tag service_instance_id in the configuration, or "" if there is
// none.
func (r *run) instanceTag() string {
	if r.client == nil {
		return ""
	}
	mode := client.Of(r.client).SanitizeMode()
	has := func(tags map[string]string) bool {
		for key, value := range tags {
			if mode.Sanitize(key) == mode.Sanitize(string(semconv.ServiceInstanceIDKey)) && value != "" {
				return true
			}
		}
		return false
	}
	switch {
	case has(client.Of(r.client).Tags()):
		return r.tagsSource()
	case has(client.Of(r.client).EnvironmentTags()):
		return "APPTUIT_TAGS"
	}
	return ""
}

// tagsSource returns the name of the option that sets tags.
func (r *run) tagsSource() string {
	if _, from := r.inEffect("tags"); from.option {
		return from.name
	}
	return "WithTags"
}
