package config_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manifold-serving/manifold/clients/fleet"
)

func TestEveryPolicyIsRead(t *testing.T) {
	t.Parallel()
	spec := load(t, "testdata/good_policies.yaml").ModelServers[0].Spec
	for _, field := range zeros("", reflect.ValueOf(spec.Policies)) {
		t.Errorf("%s was not read, or testdata/good_policies.yaml lacks it", field)
	}
	want := []string{"dns:///triton.models.svc:8001", "file:testdata/replicas.txt", "file:///etc/manifold/replicas", "file:8001"}
	if diff := cmp.Diff(want, spec.Targets); diff != "" { // a relative file is beside the YAML file
		t.Error(diff)
	}
	if len(zeros("", reflect.ValueOf(fleet.Policies{}))) == 0 {
		t.Error("no field is found")
	}
}

// zeros are the fields of v, and of what it points to, that have no value.
func zeros(path string, v reflect.Value) (fields []string) {
	switch {
	case v.IsZero():
		return []string{path}
	case v.Kind() == reflect.Pointer:
		return zeros(path, v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fields = append(fields, zeros(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	}
	return fields
}
