module sallyport/test/setup/crds

go 1.26.0

// Not compiled: only files of theirs are taken, of the Gateway API those of its standard channel. The newest of Traefik that is there as a module.
require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
	github.com/traefik/traefik/v3 v3.7.13
	sigs.k8s.io/gateway-api v1.6.1
)
