{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "sallyport.podSpec" -}}
serviceAccountName: {{ include "sallyport.serviceAccount" . }}
automountServiceAccountToken: {{ include "sallyport.usesToken" . | eq "yes" }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "sallyport.graceSeconds" . }}
{{- with include "sallyport.imagePullSecrets" . | fromJsonArray }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "priorityClassName" "runtimeClassName" "schedulerName" }}
{{- with get $.Values $name }}
{{ $name }}: {{ . }}
{{- end }}
{{- end }}
{{- if kindIs "bool" .Values.hostUsers }}
hostUsers: {{ .Values.hostUsers }}
{{- end }}
{{- if .Values.shareProcessNamespace }}
shareProcessNamespace: true
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "sallyport.podSecurityContext" . | nindent 2 }}
{{- with .Values.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: sallyport
    image: {{ include "sallyport.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [serve, --config, /etc/sallyport/sallyport.yaml]
    env:
      - name: POD_IP
        valueFrom:
          fieldRef:
            fieldPath: status.podIP
      - name: SALLYPORT_ADMIN_LISTEN
        value: {{ include "sallyport.adminListen" . | quote }}
      - name: SALLYPORT_REVOKE_TO
        value: "{{ include "sallyport.fullname" . }}-admin:9181"
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .Values.envFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    ports:
      - {name: auth, containerPort: 4181, protocol: TCP}
      - {name: pages, containerPort: 4182, protocol: TCP}
      - {name: admin, containerPort: 9181, protocol: TCP}
    {{- with .Values.startupProbe }}
    startupProbe:
      httpGet: {path: /healthz, port: admin}
      {{- toYaml . | nindent 6 }}
    {{- end }}
    livenessProbe:
      httpGet: {path: /healthz, port: admin}
      {{- with .Values.livenessProbe }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    readinessProbe:
      httpGet: {path: /readyz, port: admin}
      {{- with .Values.readinessProbe }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .Values.lifecycle }}
    lifecycle:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- include "sallyport.securityContext" . | nindent 6 }}
    {{- with .Values.resizePolicy }}
    resizePolicy:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - name: etc
        mountPath: /etc/sallyport
        readOnly: true
      {{- with .Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  {{- with .Values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  - name: etc
    projected:
      {{- include "sallyport.files" . | nindent 6 }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "sallyport.placement" . }}
{{- end }}

{{/* ---- security contexts: as the level "restricted" of Kubernetes requires -------------------------- */}}

{{/* Of the pod. OpenShift assigns users and groups to each namespace. */}}
{{- define "sallyport.podSecurityContext" -}}
{{- $context := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- if ne .Values.platform "openshift" -}}
{{- range list "runAsUser" "runAsGroup" "fsGroup" -}}{{- $_ := set $context . $.Values.runAsUser -}}{{- end -}}
{{- end -}}
{{- include "sallyport.replaced" (dict "in" $context "by" .Values.podSecurityContext) -}}
{{- end }}

{{/* Of the container. */}}
{{- define "sallyport.securityContext" -}}
{{- $context := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "runAsNonRoot" true -}}
{{- $_ := set $context "capabilities" (dict "drop" (list "ALL")) -}}
{{- $_ := set $context "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- include "sallyport.replaced" (dict "in" $context "by" .Values.securityContext) -}}
{{- end }}

{{/* A mapping whose members are replaced by those of another; null removes one. */}}
{{- define "sallyport.replaced" -}}
{{- $result := .in -}}
{{- range $name, $value := .by -}}
{{- if kindIs "invalid" $value -}}{{- $result = omit $result $name -}}{{- else -}}{{- $_ := set $result $name $value -}}{{- end -}}
{{- end -}}
{{- toYaml $result -}}
{{- end }}

{{/* All files in one folder, readable only by the process's group. The configuration has their bare names. */}}
{{- define "sallyport.files" -}}
defaultMode: 0440
sources:
  - configMap:
      name: {{ include "sallyport.fullname" . }}
  - secret:
      name: {{ include "sallyport.keysSecret" . }}
      items:
        - {key: {{ include "sallyport.keysKey" . | quote }}, path: keys}
  {{- if include "sallyport.hasClientSecret" . }}
  - secret:
      name: {{ include "sallyport.clientSecret" . }}
      items:
        - {key: {{ include "sallyport.clientSecretKey" . | quote }}, path: client-secret}
  {{- end }}
  {{- range $name, $middleware := include "sallyport.keyed" . | fromJson }}
  - secret:
      name: {{ include "sallyport.proxyKeySecret" (dict "root" $ "name" $name "middleware" $middleware) }}
      items:
        - {key: proxy-key, path: {{ include "sallyport.proxyKeyFile" $name }}}
  {{- end }}
  {{- if .Values.issuerCA.existingConfigMap }}
  - configMap:
      name: {{ .Values.issuerCA.existingConfigMap }}
      items:
        - {key: {{ .Values.issuerCA.key | quote }}, path: issuer-ca.crt}
  {{- else if .Values.issuerCA.existingSecret }}
  - secret:
      name: {{ .Values.issuerCA.existingSecret }}
      items:
        - {key: {{ .Values.issuerCA.key | quote }}, path: issuer-ca.crt}
  {{- end }}
  {{- if .Values.tls.enabled }}
  {{- include "sallyport.tlsFiles" . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Spreads replicas over nodes and zones. */}}
{{- define "sallyport.placement" -}}
{{- if .Values.affinity }}
affinity:
  {{- toYaml .Values.affinity | nindent 2 }}
{{- else if eq .Values.podAntiAffinity "hard" }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "sallyport.selector" . | nindent 12 }}
{{- else if eq .Values.podAntiAffinity "soft" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "sallyport.selector" . | nindent 14 }}
{{- end }}
{{- if .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- $ours := dict "labelSelector" (dict "matchLabels" (include "sallyport.selector" . | fromYaml)) }}
  {{- range .Values.topologySpreadConstraints }}
  - {{- include "sallyport.replaced" (dict "in" (deepCopy $ours) "by" .) | nindent 4 }}
  {{- end }}
{{- else if .Values.topologySpread.enabled }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .Values.topologySpread.topologyKey }}
    whenUnsatisfiable: {{ .Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "sallyport.selector" . | nindent 8 }}
{{- end }}
{{- end }}
