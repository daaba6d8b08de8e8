package clients

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Validate returns every fault of o, each naming the field and the cure. It opens neither files nor connections.
func (o Options) Validate() []error {
	faults := o.validateTargets()
	faults = append(faults, o.validateHTTP()...)
	faults = append(faults, o.validateModels()...)
	if o.Dialect != "" && !slices.Contains(Dialects(), o.Dialect) {
		faults = append(faults, fmt.Errorf("dialect: %q is not one of %v", o.Dialect, Dialects()))
	}
	if o.Contents != "" && !slices.Contains(allContents(), o.Contents) {
		faults = append(faults, fmt.Errorf("contents: %q is not one of %v", o.Contents, allContents()))
	}
	if o.Connections < 0 || o.Connections > maxConnections {
		faults = append(faults, fmt.Errorf("connections: %d is not between 1 and %d", o.Connections, maxConnections))
	}
	switch {
	case o.MaxConnections < 0 || o.MaxConnections > maxConnections:
		faults = append(faults, fmt.Errorf("maxConnections: %d is not between 1 and %d", o.MaxConnections, maxConnections))
	case o.MaxConnections > 0 && o.MaxConnections < o.Connections:
		faults = append(faults, fmt.Errorf("maxConnections: %d is less than connections, which are %d", o.MaxConnections, o.Connections))
	}
	if o.MessageBytes < 0 || o.MessageBytes > maxMessageBytes {
		faults = append(faults, fmt.Errorf("messageBytes: %s is not between 1 and %d bytes", o.MessageBytes, maxMessageBytes))
	}
	faults = append(faults, o.Timeout.NotNegative("timeout")...)
	faults = append(faults, o.ConnectTimeout.NotNegative("connectTimeout")...)
	faults = append(faults, o.Policies.Validate()...)
	faults = append(faults, o.Keepalive.validate()...)
	return append(faults, o.TLS.validate()...)
}

func (o Options) validateTargets() []error {
	if len(o.Targets) == 0 {
		return []error{errors.New("targets: none is given; name at least one address, such as 127.0.0.1:8001")}
	}
	var faults []error
	for i, text := range o.Targets {
		if err := checkTarget(text, o.OverHTTP()); err != nil {
			faults = append(faults, fmt.Errorf("targets[%d]: %w", i, err))
		} else if first := slices.Index(o.Targets, text); first < i {
			faults = append(faults, fmt.Errorf("targets[%d]: %q is also targets[%d]; for more connections to it raise connections", i, text, first))
		}
	}
	return faults
}

func (o Options) validateModels() []error {
	var faults []error
	for i, model := range o.Models {
		if model == "" {
			faults = append(faults, fmt.Errorf("models[%d]: it is empty; write a model's name, or * for all", i))
		}
	}
	return faults
}

func (k *Keepalive) validate() []error {
	if k == nil {
		return nil
	}
	faults := k.Timeout.NotNegative("keepalive.timeout")
	if k.Time != 0 && time.Duration(k.Time) < minKeepalive {
		faults = append(faults, fmt.Errorf("keepalive.time: %s is less than %s, the least that gRPC allows", k.Time, minKeepalive))
	}
	return faults
}

func (t *TLS) validate() []error {
	switch {
	case t == nil:
		return nil
	case t.CertFile != "" && t.KeyFile == "":
		return []error{errors.New("tls.keyFile: it is missing; tls.certFile needs the key that belongs to it")}
	case t.KeyFile != "" && t.CertFile == "":
		return []error{errors.New("tls.certFile: it is missing; tls.keyFile needs the certificate that belongs to it")}
	}
	return nil
}
