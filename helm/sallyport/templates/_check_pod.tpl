{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* The pod of a check: that of the Deployment, with another command and without the ports and probes. Its name keeps it
     out of the Services. Takes (dict "root" $ "name" NAME "before" BOOLEAN "args" […]). Before an installation, the
     account and the files of the release do not exist, only those of its hooks. */}}
{{- define "sallyport.checkPod" -}}
{{- $root := .root -}}
{{- $spec := include "sallyport.podSpec" $root | fromYaml -}}
{{- $kept := list "name" "image" "imagePullPolicy" "env" "envFrom" "securityContext" "resources" "volumeMounts" -}}
{{- $container := dict "args" .args "terminationMessagePolicy" "FallbackToLogsOnError" -}}
{{- range $kept -}}
{{- if hasKey (first $spec.containers) . -}}{{- $_ := set $container . (get (first $spec.containers) .) -}}{{- end -}}
{{- end -}}
{{- $spec = omit $spec "initContainers" "affinity" "topologySpreadConstraints" "terminationGracePeriodSeconds" "shareProcessNamespace" -}}
{{- if and .before $root.Values.serviceAccount.create -}}{{- $spec = omit $spec "serviceAccountName" -}}{{- end -}}
{{- if .before -}}
{{- $files := (first $spec.volumes).projected -}}
{{- $sources := list -}}
{{- range $files.sources -}}
{{- $sources = append $sources (include "sallyport.checkSource" (dict "root" $root "source" .) | fromJson) -}}
{{- end -}}
{{- $_ := set $files "sources" $sources -}}
{{- end -}}
{{- $_ := set $spec "restartPolicy" "Never" -}}
{{- $_ := set $spec "automountServiceAccountToken" false -}}
{{- $_ := set $spec "containers" (list $container) -}}
{{- toYaml $spec -}}
{{- end }}

{{/* One source of the files: from the ConfigMap and the Secret of the check, if the release itself creates it. */}}
{{- define "sallyport.checkSource" -}}
{{- $name := include "sallyport.fullname" .root -}}
{{- $source := .source -}}
{{- if $source.configMap -}}
{{- if eq $source.configMap.name $name -}}{{- $_ := set $source.configMap "name" (printf "%s-check" $name) -}}{{- end -}}
{{- else -}}
{{- if hasKey (include "sallyport.checkSecrets" .root | fromJson) (first $source.secret.items).path -}}
{{- $items := list -}}
{{- range $source.secret.items -}}{{- $items = append $items (dict "key" .path "path" .path) -}}{{- end -}}
{{- $_ := set $source "secret" (dict "name" (printf "%s-check" $name) "items" $items) -}}
{{- end -}}
{{- end -}}
{{- toJson $source -}}
{{- end }}

{{/* The secret files that the release creates, by name: {PATH: TEXT}. Here any proxy key and any certificate will do:
     before the first installation cert-manager has issued none. */}}
{{- define "sallyport.checkSecrets" -}}
{{- $files := dict -}}
{{- with .Values.clientSecret.value -}}{{- $_ := set $files "client-secret" . -}}{{- end -}}
{{- range $name, $middleware := include "sallyport.keyed" . | fromJson -}}
{{- if not $middleware.proxyKeySecret -}}
{{- $_ := set $files (include "sallyport.proxyKeyFile" $name) ($middleware.proxyKey | default (repeat 48 "k")) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.tls.enabled .Values.tls.certManager.enabled -}}
{{- $authority := genCAWithKey "made up" 365 (genPrivateKey "ecdsa") -}}
{{- $names := (include "sallyport.serverNames" . | fromYaml).dnsNames -}}
{{- $made := genSignedCertWithKey "made up" (list) $names 365 $authority (genPrivateKey "ecdsa") -}}
{{- $files = merge $files (dict "tls.crt" $made.Cert "tls.key" $made.Key) -}}
{{- if include "sallyport.clientCAIsOurs" . -}}{{- $_ := set $files "client-ca.crt" $authority.Cert -}}{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end }}

{{/* Labels of such a pod. Takes (dict "root" $ "name" "check" or "test"). */}}
{{- define "sallyport.checkLabels" -}}
app.kubernetes.io/name: {{ printf "%s-%s" (include "sallyport.name" .root | trunc 57 | trimSuffix "-") .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}
