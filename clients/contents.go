package clients

import "github.com/manifold-serving/manifold/infer"

// Contents is a form of tensor data. A message has them in raw entries or in typed contents.
type Contents string

// The forms. Servers behind adapters know one alone: those of modelmesh have no field for raw data.
const (
	AsSent    Contents = "auto"
	OnlyRaw   Contents = "raw"
	OnlyTyped Contents = "typed"
)

func allContents() []Contents { return []Contents{AsSent, OnlyRaw, OnlyTyped} }

// shaped returns req in the form that c asks for, and whether that is another request, which the caller frees. Contents that are
// empty never go out beside raw data: KServe's server takes them for a second form (T6).
func (c Contents) shaped(req *infer.Request) (_ *infer.Request, another bool, err error) {
	typed, raw := req.IsTyped(), req.IsRaw()
	switch {
	case c == OnlyTyped && !typed:
		req, err = req.InTypedForm()
		return req, true, err
	case c == OnlyRaw && !raw, !typed && !raw:
		req, err = req.InRawForm()
		return req, true, err
	}
	return req, false, nil
}
