package clients

import (
	"context"

	"github.com/manifold-serving/manifold/infer"
	"github.com/manifold-serving/manifold/infer/classification"
)

// errand is a request as its server takes it, and what its answers need.
type errand struct {
	request  *infer.Request
	made     []*infer.Request // on the way to request, to be freed
	dialect  Dialect          // Auto as well when the request has nothing on which servers differ
	sequence string           // that the request belongs to; empty: none
	outputs  []string         // that the answer shall have, in this order; nil: as they come
	due      []string         // outputs that were asked for, of a server that gives those and no others
	classes  map[string]int   // how many classes of an output the gateway makes
}

// errand makes req fit the server. The caller frees it.
func (u *Upstream) errand(ctx context.Context, req *infer.Request) (*errand, error) {
	o := &errand{request: req, dialect: Auto}
	if err := u.fit(ctx, o); err != nil {
		o.free()
		return nil, err
	}
	return o, nil
}

func (o *errand) fit(req *infer.Request) {
	o.request = req
	o.made = append(o.made, req)
}

func (o *errand) free() {
	for _, req := range o.made {
		req.Free()
	}
}

func (u *Upstream) fit(ctx context.Context, o *errand) error {
	s := u.server
	if err := u.checkVersion(ctx); err != nil {
		return err
	}
	if e := u.address(o.request); e != (address{}) {
		o.fit(o.request.Edit(infer.Edit{ModelName: e.name, ModelVersion: e.version}))
	}
	if o.request.HasParameters() || o.request.HasOutputs() || hollow(o.request) != nil {
		if err := u.fitDialect(ctx, o); err != nil {
			return err
		}
	}
	shaped, another, err := s.options.Contents.shaped(o.request)
	if err != nil {
		return infer.At(s.origin(""), err)
	}
	if another {
		o.fit(shaped)
	}
	if limit := int(s.options.MessageBytes); o.request.Size() > limit {
		return infer.At(s.origin(""), infer.TooLarge(
			"the request has %d bytes, but at most %d go to it; send smaller batches or raise messageBytes of ModelServer %s",
			o.request.Size(), limit, s.name))
	}
	return nil
}

// address is where a request goes, as far as it says otherwise.
type address struct{ name, version *string }

func (u *Upstream) address(req *infer.Request) (a address) {
	if req.ModelName() != u.name {
		a.name = &u.name
	}
	if u.version != "" && req.ModelVersion() != u.version {
		a.version = &u.version
	}
	return a
}

// fitDialect changes what servers of that dialect do not know, and notes what is to be done in their place.
func (u *Upstream) fitDialect(ctx context.Context, o *errand) error {
	dialect, err := u.server.dialect(ctx)
	if err != nil {
		return err
	}
	o.dialect = dialect
	o.sequence = u.sequence(o.request)
	if err := u.fitOutputs(ctx, o); err != nil {
		return err
	}
	if dialect == Triton {
		if err := u.checkBatch(ctx, o.request); err != nil {
			return err
		}
	}
	if changed, ok := o.request.ChangeParameters(dialect.outgoing); ok {
		o.fit(changed)
	}
	return nil
}

// fitOutputs notes which outputs a server must be relieved of: all but Triton may give others than were asked for (T19), and know
// nothing of classes.
func (u *Upstream) fitOutputs(ctx context.Context, o *errand) error {
	if !o.request.HasOutputs() {
		return nil
	}
	requested, err := o.request.Outputs()
	if err != nil {
		return err
	}
	if o.dialect == Triton {
		o.due = names(requested)
	}
	if o.dialect == Triton && !o.request.HasParameters() {
		return nil
	}
	classes, err := classification.Wanted(requested)
	if err != nil {
		return err
	}
	if o.dialect == Triton {
		return u.checkClasses(ctx, classes)
	}
	o.classes = classes
	o.outputs = names(requested)
	return nil
}

func names(requested []infer.RequestedOutput) []string {
	all := make([]string, len(requested))
	for i := range requested {
		all[i] = requested[i].Name
	}
	return all
}
