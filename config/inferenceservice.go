package config

// InferenceService is a model, KServe's own resource. It is served by the embedded runtime when [InferenceService.StoragePath] names
// a file, and by a model server when Target does; a loaded one has exactly one of the two.
//
// An annotation manifold.dev/target comes first, then an ONNX model on this machine, then the address in the status.
type InferenceService struct {
	Metadata Metadata
	Source   Source
	Spec     InferenceServiceSpec
	Target   *Target // the model server that has the model; nil: the embedded runtime serves it

	storage string
}

// InferenceServiceSpec is what is read of KServe's InferenceServiceSpec: the rest describes pods.
type InferenceServiceSpec struct {
	Predictor Predictor
}

// Predictor holds the model. KServe's old form, in which the framework names the field (`onnx: {storageUri: …}`), becomes a Model with
// that format.
type Predictor struct {
	Model *Model // nil: containers of the user's own
}

// Model is KServe's ModelSpec, without the container that would run it.
type Model struct {
	ModelFormat     ModelFormat `json:"modelFormat"`
	StorageURI      string      `json:"storageUri"`
	ProtocolVersion string      `json:"protocolVersion"` // v1, v2, grpc-v1 or grpc-v2; empty: not said
	Runtime         string      `json:"runtime"`         // a ServingRuntime's name

	_ struct{} `open:"true" unread:"args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resizePolicy resources restartPolicy runtimeVersion securityContext startupProbe stdin stdinOnce storage storageUris terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir"`
}

// ModelFormat is the framework a model was saved by: "onnx", "sklearn".
type ModelFormat struct {
	Name    string  `json:"name"`
	Version *string `json:"version"`
}

// formatONNX is what the embedded runtime runs.
const formatONNX = "onnx"

// StoragePath is the file or folder with the model's ONNX file, as an absolute path or one that starts in the working folder; false
// when a model server has the model.
func (s InferenceService) StoragePath() (string, bool) {
	return s.storage, s.Target == nil && s.storage != ""
}

func (l *loader) inferenceService(d *document) {
	e, misfits := open[serviceSpec, serviceStatus](d)
	if e.Spec == nil {
		l.fault(misfits.with(Faults{d.fault("spec", "spec", "is missing: an InferenceService has spec.predictor")})...)
		return
	}
	b := &serviceBuilder{doc: d, spec: e.Spec, status: e.Status}
	service := InferenceService{Metadata: e.Metadata, Source: d.source()}
	service.Spec.Predictor = b.predictor()
	service.storage, service.Target = b.place(service)
	l.resources.Warnings = append(l.resources.Warnings, b.warnings...)
	if faults := misfits.with(b.faults); len(faults) > 0 {
		l.fault(faults...)
		return
	}
	l.resources.InferenceServices = append(l.resources.InferenceServices, service)
}
