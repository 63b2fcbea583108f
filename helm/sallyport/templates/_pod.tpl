{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "sallyport.podSpec" -}}
serviceAccountName: {{ include "sallyport.serviceAccount" . }}
automountServiceAccountToken: {{ include "sallyport.usesToken" . | eq "yes" }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "sallyport.graceSeconds" . }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
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
  runAsNonRoot: true
  {{- if ne .Values.platform "openshift" }}
  runAsUser: {{ .Values.runAsUser }}
  runAsGroup: {{ .Values.runAsUser }}
  fsGroup: {{ .Values.runAsUser }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
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
    ports:
      - {name: auth, containerPort: 4181, protocol: TCP}
      - {name: pages, containerPort: 4182, protocol: TCP}
      - {name: admin, containerPort: 9181, protocol: TCP}
    livenessProbe:
      httpGet: {path: /healthz, port: admin}
      periodSeconds: 10
      timeoutSeconds: 4
      failureThreshold: 3
    readinessProbe:
      httpGet: {path: /readyz, port: admin}
      periodSeconds: 2
      timeoutSeconds: 2
      failureThreshold: 2
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      runAsNonRoot: true
      capabilities:
        drop: [ALL]
      seccompProfile:
        type: RuntimeDefault
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

{{/* All files in one folder, for the process's group alone: the configuration has their bare names. */}}
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
{{- end }}

{{/* Replicas apart from each other: on other nodes, and in other zones. */}}
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
{{- if .Values.topologySpread.enabled }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .Values.topologySpread.topologyKey }}
    whenUnsatisfiable: {{ .Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "sallyport.selector" . | nindent 8 }}
{{- end }}
{{- end }}
