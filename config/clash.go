package config

import "fmt"

// clashes gathers who has which name: a resource of its kind, and the model that a client asks for. One name stands for one thing;
// namespaces do not tell things apart, because clients do not send them.
type clashes struct {
	resources map[string]*document // by label: "InferenceGraph animals"
	models    map[string]*document // by the name of the model
	gateway   *document
	faults    Faults
}

func newClashes() *clashes {
	return &clashes{resources: map[string]*document{}, models: map[string]*document{}}
}

// add claims the names of d, whether or not the rest of it is sound. A name that is none is left to its own fault.
func (c *clashes) add(d *document) {
	name, _ := d.get("metadata", "name").(string)
	if nameFault(d.kind(), name) != "" {
		return
	}
	if first, taken := c.resources[d.label()]; taken {
		c.fault(d, "metadata.name", "is written twice, first at %s: keep one%s", first.source(), namespaces(first, d))
		return
	}
	c.resources[d.label()] = d
	switch d.kind() {
	case kindGateway:
		c.addGateway(d)
	case kindModelServer:
		c.addModels(d)
	default:
		c.addModel(d, name, "metadata.name")
	}
}

func (c *clashes) addGateway(d *document) {
	if c.gateway != nil {
		c.fault(d, "", "is one Gateway more than a process has; the first is %s at %s: keep one", c.gateway.label(), c.gateway.source())
		return
	}
	c.gateway = d
}

// addModels claims the models that a ModelServer names; patterns claim nothing, they give way to what is named.
func (c *clashes) addModels(d *document) {
	models, _ := d.get("spec", "models").([]any)
	for i, model := range models {
		if name, isText := model.(string); isText && nameFault("", name) == "" {
			c.addModel(d, name, item("spec.models", i))
		}
	}
}

func (c *clashes) addModel(d *document, name, path string) {
	if first, taken := c.models[name]; taken && first != d {
		c.fault(d, path, "the model %s is already %s at %s: rename or remove one", name, first.label(), first.source())
		return
	}
	c.models[name] = d
}

func (c *clashes) fault(d *document, path, format string, args ...any) {
	c.faults = append(c.faults, d.fault(path, path, fmt.Sprintf(format, args...)))
}

// namespaces explains a clash of two resources that Kubernetes would keep apart.
func namespaces(a, b *document) string {
	if a.get("metadata", "namespace") == b.get("metadata", "namespace") {
		return ""
	}
	return " (namespaces do not tell models apart)"
}
