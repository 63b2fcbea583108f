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

{{/* Where the objects are, and what the names of Services end in. */}}
{{- define "sallyport.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
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

{{/* The labels that the chart itself gives. Those of `labels` and of single objects never replace one of them, neither on
     objects nor on pods. */}}
{{- define "sallyport.ownLabels" -}}
{{- include "sallyport.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: sallyport
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The labels of an object that has none of its own. */}}
{{- define "sallyport.labels" -}}
{{- toYaml (merge (include "sallyport.ownLabels" . | fromYaml) (.Values.labels | default dict)) -}}
{{- end }}

{{/* The labels of the pods: of the chart's own only those that no new version of it changes. */}}
{{- define "sallyport.podLabels" -}}
{{- $given := merge (dict) (.Values.podLabels | default dict) (.Values.labels | default dict) -}}
{{- range $name, $_ := include "sallyport.ownLabels" . | fromYaml -}}
{{- $given = omit $given $name -}}
{{- end -}}
{{- toYaml (merge (include "sallyport.selector" . | fromYaml) (omit $given "app.kubernetes.io/component")) -}}
{{- end }}

{{/* What every object has as its metadata. Takes the root and the name, and what this object has beside others: the
     namespace, if it is not that of the release; `component`, a label of the chart's own; labels and annotations of the
     values for it, which win over those for all objects; `own`, annotations that win over these. */}}
{{- define "sallyport.metadata" -}}
{{- $labels := include "sallyport.ownLabels" .root | fromYaml -}}
{{- with .component -}}{{- $_ := set $labels "app.kubernetes.io/component" . -}}{{- end -}}
name: {{ .name | quote }}
namespace: {{ .namespace | default (include "sallyport.namespace" .root) | quote }}
{{- include "sallyport.marks" (dict "root" .root "labels" (merge $labels (.labels | default dict)) "annotations" (merge (dict) (.own | default dict) (.annotations | default dict))) }}
{{- end }}

{{/* The same for objects that are in no namespace. */}}
{{- define "sallyport.clusterMetadata" -}}
name: {{ .name | quote }}
{{- include "sallyport.marks" (dict "root" .root "labels" (include "sallyport.ownLabels" .root | fromYaml) "annotations" dict) }}
{{- end }}

{{/* Labels and annotations, with those for all objects. */}}
{{- define "sallyport.marks" }}
labels:
  {{- toYaml (merge (dict) .labels (.root.Values.labels | default dict)) | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
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
{{- printf "%s-%s" (include "sallyport.namespace" .) (include "sallyport.fullname" .) -}}
{{- end }}

{{/* A registry of the values takes the place of the host, if image.repository begins with one. */}}
{{- define "sallyport.image" -}}
{{- $repository := .Values.image.repository -}}
{{- with (.Values.global | default dict).imageRegistry | default .Values.image.registry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "") -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}

{{/* As a list in JSON; names alone are taken, too. */}}
{{- define "sallyport.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat (.Values.imagePullSecrets | default list) ((.Values.global | default dict).imagePullSecrets | default list) -}}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end -}}
{{- $secrets | uniq | toJson -}}
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
