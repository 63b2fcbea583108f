{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* True for a window after a counter grew, or appeared with more than 0: `increase` alone misses the first event of a
     new series, and events before the first scrape. A series is new if it did not exist a window ago although its process
     was scraped then, or if the process has started since. Otherwise it is Prometheus that has just begun to scrape.
     Takes (list CONTEXT BY METRIC MATCHERS WINDOW). */}}
{{- define "sallyport.burst" -}}
{{- $context := index . 0 -}}
{{- $by := index . 1 -}}
{{- $matchers := ternary (printf ",%s" (index . 3)) "" (ne (index . 3) "") -}}
{{- $series := printf "%s%s%s}" (index . 2) $context.of $matchers -}}
{{- $window := index . 4 -}}
sum {{ $by }} (increase({{ $series }}[{{ $window }}])) > 0
or
sum {{ $by }} (
  ({{ $series }} unless {{ $series }} offset {{ $window }})
  and on (job, instance) (
    sallyport_build_info{{ $context.of }}} offset {{ $window }}
    or
    process_start_time_seconds{{ $context.of }}} > time() - {{ eq $window "1h" | ternary 3600 600 }}
  )
) > 0
{{- end }}

{{/* The minimum number of pods, if the chart controls it; otherwise 0. */}}
{{- define "sallyport.pods" -}}
{{- if .Values.sidecar.enabled -}}
0
{{- else if .Values.autoscaling.enabled -}}
{{ .Values.autoscaling.minReplicas }}
{{- else -}}
{{ .Values.replicas }}
{{- end -}}
{{- end }}
