package config

import "strings"

// specFaults are the errors of an Options' Validate, each at the field that it starts with: "targets[0]: it is empty; …".
func (d *document) specFaults(errs []error) Faults {
	var faults Faults
	for _, err := range errs {
		path, message, found := strings.Cut(err.Error(), ": ")
		if !found || strings.ContainsAny(path, " \t") {
			path, message = "", err.Error()
		}
		path = "spec" + join("spec", path)
		faults = append(faults, d.fault(path, path, message))
	}
	return faults
}
