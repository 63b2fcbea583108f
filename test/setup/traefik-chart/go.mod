module sallyport/test/setup/traefik-chart

go 1.26.0

// Not compiled: only the chart in it is rendered.
require (
	github.com/traefik/traefik-helm-chart v41.6.0+incompatible
)
