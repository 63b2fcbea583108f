{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* True for a window after a counter grew, or appeared with more than 0: `increase` alone does not tell the first
     event of a series that was not there before, or that happened before the first scrape. It appeared when it was
     not there a window ago though its process was read then, or has started since; otherwise it is Prometheus that
     had not begun to read. Takes (list CONTEXT BY METRIC MATCHERS WINDOW). */}}
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

{{/* How many pods there are at least, as far as the chart decides it; 0 where it does not. */}}
{{- define "sallyport.pods" -}}
{{- if .Values.sidecar.enabled -}}
0
{{- else if .Values.autoscaling.enabled -}}
{{ .Values.autoscaling.minReplicas }}
{{- else -}}
{{ .Values.replicas }}
{{- end -}}
{{- end }}
