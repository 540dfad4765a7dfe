// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// checkService looks at what tells this process from others: what the SDK finds
// without a word from the program.
func checkService(ctx context.Context, p *patient, n *notes) {
	_, err := resource.New(ctx, resource.WithFromEnv())
	if err != nil {
		n.warn("It must look like key=value,key=value.", "OTEL_RESOURCE_ATTRIBUTES: %v", err)
	}
	set := p.resource(ctx).Set()
	name, _ := set.Value(semconv.ServiceNameKey)
	if strings.HasPrefix(name.String(), "unknown_service") {
		n.warn("Set OTEL_SERVICE_NAME, unless the program has a resource with service.name.", "the service has no name: points have service_name=unknown_service:PROGRAM")
	} else {
		n.ok("service.name is %s", name.String())
	}
	id, found := set.Value(semconv.ServiceInstanceIDKey)
	switch from := p.instanceTag(); {
	case found:
		n.ok("service.instance.id is %s", id.String())
	case from != "":
		n.ok("the tag service_instance_id is one of %s", from)
	default:
		n.warn("Two processes of it on one host write one series. Give each its own: OTEL_RESOURCE_ATTRIBUTES=service.instance.id=…, or exporter.WithInstanceTag.",
			"the service has no service.instance.id")
	}
}

// resource is what a program has that says nothing of itself. The environment is
// read again: the SDK's default is of the first time that it was asked for.
func (p *patient) resource(ctx context.Context) *resource.Resource {
	environment, _ := resource.New(ctx, resource.WithFromEnv())
	merged, err := resource.Merge(resource.Default(), environment)
	if err != nil {
		return resource.Default()
	}
	return merged
}

// instanceTag says where a tag of the instance comes from, if there is one.
func (p *patient) instanceTag() string {
	if p.client == nil {
		return ""
	}
	mode := client.Of(p.client).SanitizeMode()
	has := func(tags map[string]string) bool {
		for key, value := range tags {
			if mode.Sanitize(key) == mode.Sanitize(string(semconv.ServiceInstanceIDKey)) && value != "" {
				return true
			}
		}
		return false
	}
	switch {
	case has(client.Of(p.client).Tags()):
		return "-tags"
	case has(client.Of(p.client).EnvironmentTags()):
		return "APPTUIT_TAGS"
	}
	return ""
}
