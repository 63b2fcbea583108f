{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "sallyport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Of every object: the release's name, and the chart's unless the release is already called so. There is
     room for the longest suffix of a name that must be a DNS label. */}}
{{- define "sallyport.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: {{ include "sallyport.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What a Service selects: our pods, or Traefik's where we are a container of them. */}}
{{- define "sallyport.podSelector" -}}
{{- if .Values.sidecar.enabled -}}
{{- toYaml .Values.sidecar.podLabels -}}
{{- else -}}
{{- include "sallyport.selector" . -}}
{{- end -}}
{{- end }}

{{/* The labels of an object; ours win over those of the values. Takes (dict "root" $ "more" LABELS). */}}
{{- define "sallyport.labelsWith" -}}
{{- $own := include "sallyport.selector" .root | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "sallyport" -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version -}}
{{- $_ := set $own "helm.sh/chart" ($chart | replace "+" "_") -}}
{{- toYaml (merge $own .more .root.Values.labels) -}}
{{- end }}

{{- define "sallyport.labels" -}}
{{- include "sallyport.labelsWith" (dict "root" . "more" dict) -}}
{{- end }}

{{/* The labels of the pods: nothing that a new version of the chart would change. */}}
{{- define "sallyport.podLabels" -}}
{{- $own := include "sallyport.selector" . | fromYaml -}}
{{- toYaml (merge $own .Values.podLabels .Values.labels) -}}
{{- end }}

{{- define "sallyport.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sallyport.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{/* The account that the program runs as: where it is a container of Traefik's pod, Traefik's. */}}
{{- define "sallyport.podAccount" -}}
{{- if .Values.sidecar.enabled -}}
{{- .Values.sidecar.serviceAccount -}}
{{- else -}}
{{- include "sallyport.serviceAccount" . -}}
{{- end -}}
{{- end }}

{{/* Of objects that are in no namespace. */}}
{{- define "sallyport.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "sallyport.fullname" .) -}}
{{- end }}

{{- define "sallyport.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}
{{- end }}

{{/* ---- secrets ------------------------------------------------------------------------------------- */}}

{{- define "sallyport.keysSecret" -}}
{{- default (printf "%s-keys" (include "sallyport.fullname" .)) .Values.keys.existingSecret -}}
{{- end }}

{{- define "sallyport.keysKey" -}}
{{- if .Values.keys.existingSecret -}}{{ .Values.keys.key }}{{- else -}}keys{{- end -}}
{{- end }}

{{/* "yes", or empty for a public client. */}}
{{- define "sallyport.hasClientSecret" -}}
{{- if or .Values.clientSecret.existingSecret .Values.clientSecret.value -}}yes{{- end -}}
{{- end }}

{{- define "sallyport.clientSecret" -}}
{{- default (printf "%s-client" (include "sallyport.fullname" .)) .Values.clientSecret.existingSecret -}}
{{- end }}

{{- define "sallyport.clientSecretKey" -}}
{{- if .Values.clientSecret.existingSecret -}}{{ .Values.clientSecret.key }}{{- else -}}client-secret{{- end -}}
{{- end }}

{{- define "sallyport.hasIssuerCA" -}}
{{- if or .Values.issuerCA.existingConfigMap .Values.issuerCA.existingSecret .Values.issuerCA.pem -}}yes{{- end -}}
{{- end }}
