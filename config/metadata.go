package config

// Metadata is the part of Kubernetes' ObjectMeta that Manifold reads.
type Metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`

	// What the API server and its tools write, so that `kubectl get -o yaml` can be served as it is.
	_ struct{} `unread:"creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation managedFields ownerReferences resourceVersion selfLink uid"`
}
