{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "sallyport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of every object: the release's name, and the chart's unless the release's name contains it. It leaves space
     for the longest suffix of a name that must be a DNS label. */}}
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

{{/* The namespace of the objects, with which the names of Services end. */}}
{{- define "sallyport.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end }}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: {{ include "sallyport.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The pods that a Service selects: our own, or Traefik's for a sidecar. */}}
{{- define "sallyport.podSelector" -}}
{{- if .Values.sidecar.enabled -}}
{{- toYaml .Values.sidecar.podLabels -}}
{{- else -}}
{{- include "sallyport.selector" . -}}
{{- end -}}
{{- end }}

{{/* The chart's own labels. Those of `labels` and of single objects never replace them, neither on objects nor on
     pods. */}}
{{- define "sallyport.ownLabels" -}}
{{- include "sallyport.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: sallyport
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The labels of an object without its own labels. */}}
{{- define "sallyport.labels" -}}
{{- toYaml (merge (include "sallyport.ownLabels" . | fromYaml) (.Values.labels | default dict)) -}}
{{- end }}

{{/* The labels of the pods: of the chart's own, only those that do not change with its version. */}}
{{- define "sallyport.podLabels" -}}
{{- $given := merge (dict) (.Values.podLabels | default dict) (.Values.labels | default dict) -}}
{{- range $name, $_ := include "sallyport.ownLabels" . | fromYaml -}}
{{- $given = omit $given $name -}}
{{- end -}}
{{- toYaml (merge (include "sallyport.selector" . | fromYaml) (omit $given "app.kubernetes.io/component")) -}}
{{- end }}

{{/* The metadata of every object. Takes the root and the name, and optionally: the namespace, if it is not that of the
     release; `component`, one of the chart's own labels; labels and annotations for this object, which override those
     for all objects; `own`, annotations that override these. */}}
{{- define "sallyport.metadata" -}}
{{- $labels := include "sallyport.ownLabels" .root | fromYaml -}}
{{- with .component -}}{{- $_ := set $labels "app.kubernetes.io/component" . -}}{{- end -}}
name: {{ .name | quote }}
namespace: {{ .namespace | default (include "sallyport.namespace" .root) | quote }}
{{- include "sallyport.marks" (dict "root" .root "labels" (merge $labels (.labels | default dict)) "annotations" (merge (dict) (.own | default dict) (.annotations | default dict))) }}
{{- end }}

{{/* The same for cluster-scoped objects. */}}
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

{{/* The account that the program runs as; for a sidecar, Traefik's. */}}
{{- define "sallyport.podAccount" -}}
{{- if .Values.sidecar.enabled -}}
{{- .Values.sidecar.serviceAccount -}}
{{- else -}}
{{- include "sallyport.serviceAccount" . -}}
{{- end -}}
{{- end }}

{{/* The name of cluster-scoped objects. */}}
{{- define "sallyport.clusterName" -}}
{{- printf "%s-%s" (include "sallyport.namespace" .) (include "sallyport.fullname" .) -}}
{{- end }}

{{/* A registry in the values replaces the host, if image.repository begins with one. */}}
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

{{/* As a list in JSON; plain names are also accepted. */}}
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
