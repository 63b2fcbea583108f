{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "federation.labels" -}}
{{- $labels := dict "app.kubernetes.io/name" .Chart.Name "app.kubernetes.io/instance" .Release.Name -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .Release.Service -}}
{{- merge $labels .Values.labels | toYaml -}}
{{- end }}
