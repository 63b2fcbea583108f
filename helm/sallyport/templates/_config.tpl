{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* sallyport.yaml: `config` as it was given, and the settings that follow from the other values. */}}
{{- define "sallyport.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "trusted_proxies" .Values.trustedProxies -}}
{{- $_ := set $config "keys_file" "keys" -}}
{{- if include "sallyport.hasClientSecret" . -}}
{{- $_ := set $config "client_secret_file" "client-secret" -}}
{{- end -}}
{{- if include "sallyport.hasIssuerCA" . -}}
{{- $_ := set $config "issuer_ca_file" "issuer-ca.crt" -}}
{{- end -}}
{{- if .Values.sidecar.enabled -}}
{{- $_ := set $config "listen" "127.0.0.1:4181" -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* The address of the pod, in brackets where it has colons. */}}
{{- define "sallyport.adminListen" -}}
{{- if eq .Values.ipFamily "IPv6" -}}[$(POD_IP)]:9181{{- else -}}$(POD_IP):9181{{- end -}}
{{- end }}

{{/* A setting that is one text or a list, as a list: {"items": […]}. Takes (dict "value" V). */}}
{{- define "sallyport.list" -}}
{{- $items := list -}}
{{- if kindIs "string" .value -}}
{{- if .value -}}{{- $items = list .value -}}{{- end -}}
{{- else if .value -}}
{{- $items = .value -}}
{{- end -}}
{{- dict "items" $items | toJson -}}
{{- end }}

{{- define "sallyport.prefix" -}}
{{- default "/_sallyport" .Values.config.prefix -}}
{{- end }}

{{- define "sallyport.callbackPath" -}}
{{- default (printf "%s/callback" (include "sallyport.prefix" .)) .Values.config.callback_path -}}
{{- end }}

{{/* How long after SIGTERM requests are accepted, in seconds: "1m30s" is 90. */}}
{{- define "sallyport.drainSeconds" -}}
{{- $total := 0 -}}
{{- $units := dict "s" 1 "m" 60 "h" 3600 "d" 86400 -}}
{{- range regexFindAll "[0-9]+[smhd]" (default "5s" .Values.config.drain_delay) -1 -}}
{{- $n := regexFind "[0-9]+" . | int -}}
{{- $total = add $total (mul $n (get $units (regexFind "[smhd]" .))) -}}
{{- end -}}
{{- $total -}}
{{- end }}

{{/* What is in flight may take another 26 seconds after the drain. */}}
{{- define "sallyport.graceSeconds" -}}
{{- $least := add (include "sallyport.drainSeconds" . | int) 30 -}}
{{- if .Values.terminationGracePeriodSeconds -}}
{{- .Values.terminationGracePeriodSeconds | int -}}
{{- else -}}
{{- $least -}}
{{- end -}}
{{- end }}

{{/* "yes" where a rule asks the bindings that the API server has; else empty. */}}
{{- define "sallyport.readsBindings" -}}
{{- $found := "" -}}
{{- if eq "cluster" (default "cluster" .Values.config.rbac_source) -}}
{{- range $rules := .Values.config.policies -}}
{{- if kindIs "slice" $rules -}}
{{- range $rules -}}
{{- if eq "rbac" .action -}}{{- $found = "yes" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $found -}}
{{- end }}

{{/* The accounts whose tokens bindings ask for: {NAMESPACE: [NAME, …]}. */}}
{{- define "sallyport.tokenAccounts" -}}
{{- $found := dict -}}
{{- range $binding := .Values.config.credentials -}}
{{- with $binding.service_account -}}
{{- $parts := splitn "/" 2 . -}}
{{- $_ := set $found $parts._0 (append (get $found $parts._0 | default list) $parts._1 | uniq) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{/* "yes" where the API server is asked for one of the two. */}}
{{- define "sallyport.asksCluster" -}}
{{- if or (include "sallyport.readsBindings" .) (include "sallyport.tokenAccounts" . | fromJson) -}}yes{{- end -}}
{{- end }}

{{/* "yes" where it is asked with the token of the pod. */}}
{{- define "sallyport.usesToken" -}}
{{- if and (include "sallyport.asksCluster" .) (not .Values.config.kubernetes_kubeconfig) -}}yes{{- end -}}
{{- end }}
