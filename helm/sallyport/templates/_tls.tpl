{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* ---- of the pods --------------------------------------------------------------------------------- */}}

{{- define "sallyport.tlsSecret" -}}
{{- default (printf "%s-tls" (include "sallyport.fullname" .)) .Values.tls.secretName -}}
{{- end }}

{{/* "yes" if the CA of the clients is that of the pods' own certificate, which cert-manager puts beside it. */}}
{{- define "sallyport.clientCAIsOurs" -}}
{{- $given := .Values.tls.clientCA -}}
{{- if and .Values.tls.clientNames (not (or $given.existingConfigMap $given.existingSecret)) -}}yes{{- end -}}
{{- end }}

{{/* Sources of the files. */}}
{{- define "sallyport.tlsFiles" -}}
{{- $given := .Values.tls.clientCA -}}
- secret:
    name: {{ include "sallyport.tlsSecret" . }}
    items:
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
      {{- if include "sallyport.clientCAIsOurs" . }}
      - {key: ca.crt, path: client-ca.crt}
{{- else if .Values.tls.clientNames }}
- {{ empty $given.existingConfigMap | ternary "secret" "configMap" }}:
    name: {{ default $given.existingSecret $given.existingConfigMap }}
    items:
      - {key: {{ $given.key | quote }}, path: client-ca.crt}
{{- end }}
{{- end }}

{{/* ---- of Traefik ---------------------------------------------------------------------------------- */}}

{{/* The address that Traefik calls, without path and query. */}}
{{- define "sallyport.origin" -}}
{{- if .Values.traefik.address -}}
{{- trimSuffix "/" .Values.traefik.address -}}
{{- else if .Values.sidecar.enabled -}}
http://127.0.0.1:4181
{{- else -}}
{{- printf "%s://%s.%s.svc:4181" (.Values.tls.enabled | ternary "https" "http") (include "sallyport.fullname" .) (include "sallyport.namespace" .) -}}
{{- end -}}
{{- end }}

{{/* "yes" if cert-manager creates the Secret that Traefik reads, in each namespace that has chains. */}}
{{- define "sallyport.makesTraefikSecret" -}}
{{- $tls := .Values.tls -}}
{{- if and $tls.enabled $tls.certManager.enabled .Values.traefik.enabled (not (or $tls.caSecret $tls.certSecret)) -}}yes{{- end -}}
{{- end }}

{{- define "sallyport.traefikSecret" -}}{{ include "sallyport.fullname" . }}-traefik{{- end }}

{{/* How Traefik verifies the pods' certificate, and the certificate that it presents: `tls` of a forwardAuth. Empty: with
     the CAs of its system, and none. */}}
{{- define "sallyport.askTls" -}}
{{- $tls := .Values.tls -}}
{{- $ask := dict -}}
{{- if $tls.enabled -}}
{{- $made := include "sallyport.makesTraefikSecret" . | empty | ternary "" (include "sallyport.traefikSecret" .) -}}
{{- with $made | default $tls.caSecret -}}{{- $_ := set $ask "caSecret" . -}}{{- end -}}
{{- if $tls.clientNames -}}
{{- with $made | default $tls.certSecret -}}{{- $_ := set $ask "certSecret" . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- with $ask -}}{{- toYaml . -}}{{- end -}}
{{- end }}

{{/* ---- certificates -------------------------------------------------------------------------------- */}}

{{/* The names and addresses that Traefik calls: {dnsNames, ipAddresses}. */}}
{{- define "sallyport.serverNames" -}}
{{- $service := printf "%s.%s" (include "sallyport.fullname" .) (include "sallyport.namespace" .) -}}
{{- $names := list (printf "%s.svc" $service) $service (printf "%s.svc.cluster.local" $service) (include "sallyport.fullname" .) -}}
{{- $addresses := list -}}
{{- with .Values.traefik.address -}}
{{- $host := include "sallyport.hostOf" . | trimPrefix "[" | trimSuffix "]" -}}
{{- if regexMatch "^[0-9.]+$|:" $host -}}
{{- $addresses = append $addresses $host -}}
{{- else -}}
{{- $names = append $names $host | uniq -}}
{{- end -}}
{{- end -}}
{{- $found := dict "dnsNames" $names -}}
{{- with $addresses -}}{{- $_ := set $found "ipAddresses" . -}}{{- end -}}
{{- toYaml $found -}}
{{- end }}

{{/* The name in Traefik's certificate: the first of the accepted names. */}}
{{- define "sallyport.clientName" -}}
{{- $name := first (append .Values.tls.clientNames (include "sallyport.traefikSecret" .)) -}}
{{- contains "://" $name | ternary "uris" "dnsNames" }}: [{{ $name | quote }}]
{{- end }}

{{/* The common part of both Certificates. */}}
{{- define "sallyport.certificateSpec" -}}
{{- $given := .Values.tls.certManager -}}
issuerRef:
  {{- toYaml $given.issuerRef | nindent 2 }}
privateKey:
  {{- toYaml $given.privateKey | nindent 2 }}
{{- range $name := list "duration" "renewBefore" }}
{{- with get $given $name }}
{{ $name }}: {{ . }}
{{- end }}
{{- end }}
{{- end }}
