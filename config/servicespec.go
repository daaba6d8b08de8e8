package config

// serviceSpec is the spec of an InferenceService as it is written.
type serviceSpec struct {
	Predictor   *predictorSpec `json:"predictor"`
	Transformer any            `json:"transformer"`
	Explainer   any            `json:"explainer"`
}

// predictorSpec is KServe's PredictorSpec (v1beta1/predictor.go): a model, in one of the forms that it may take, among what a pod
// and an autoscaler want to know.
type predictorSpec struct {
	Model *Model `json:"model"`

	SKLearn     *Model `json:"sklearn"`
	XGBoost     *Model `json:"xgboost"`
	TensorFlow  *Model `json:"tensorflow"`
	PyTorch     *Model `json:"pytorch"`
	Triton      *Model `json:"triton"`
	ONNX        *Model `json:"onnx"`
	HuggingFace *Model `json:"huggingface"`
	PMML        *Model `json:"pmml"`
	LightGBM    *Model `json:"lightgbm"`
	Paddle      *Model `json:"paddle"`

	_ struct{} `open:"true" unread:"annotations autoScaling batcher canaryTrafficPercent containerConcurrency containers labels logger maxReplicas minReplicas name nodeName nodeSelector scaleMetric scaleTarget serviceAccountName timeout tolerations volumes workerSpec"`
}

// serviceStatus is what a cluster tells about where the model answers.
type serviceStatus struct {
	Address struct {
		URL string `json:"url"`

		_ struct{} `open:"true"`
	} `json:"address"`

	_ struct{} `open:"true" unread:"annotations components conditions deploymentMode modelStatus observedGeneration url"`
}

// framework is a field of the predictor that holds a model.
type framework struct {
	field string
	model *Model
}

// frameworks are the models in the old form; a format of that name is meant.
func (p *predictorSpec) frameworks() []framework {
	return []framework{
		{"sklearn", p.SKLearn},
		{"xgboost", p.XGBoost},
		{"tensorflow", p.TensorFlow},
		{"pytorch", p.PyTorch},
		{"triton", p.Triton},
		{"onnx", p.ONNX},
		{"huggingface", p.HuggingFace},
		{"pmml", p.PMML},
		{"lightgbm", p.LightGBM},
		{"paddle", p.Paddle},
	}
}
