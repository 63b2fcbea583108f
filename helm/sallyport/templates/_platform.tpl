{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* What clusters of one kind have in common. Each value of the user's own wins over it. As {"traefik": {labels of its
     namespace and of its pods}, "dns": {…, ports}, "apiServer": ports}. */}}
{{- define "sallyport.platform" -}}
{{- $named := "kubernetes.io/metadata.name" -}}
{{- $platform := .Values.platform -}}
{{- $traefik := dict "namespaceLabels" dict "podLabels" (dict "app.kubernetes.io/name" "traefik") -}}
{{- $dns := dict "namespaceLabels" (dict $named "kube-system") "ports" (list 53) -}}
{{- $api := list 443 6443 -}}
{{- if has $platform (list "k3s" "rke2") -}}
{{- $_ := set $traefik "namespaceLabels" (dict $named "kube-system") -}}
{{- $api = list 6443 -}}
{{- end -}}
{{- if eq $platform "rke2" -}}
{{- $_ := set $traefik "podLabels" (dict "app.kubernetes.io/name" "rke2-traefik") -}}
{{- else if eq $platform "eks" -}}
{{- $api = list 443 -}}
{{- else if eq $platform "openshift" -}}
{{- $dns = dict "namespaceLabels" (dict $named "openshift-dns") "ports" (list 53 5353) -}}
{{- $api = list 6443 -}}
{{- end -}}
{{- dict "traefik" $traefik "dns" $dns "apiServer" $api | toJson -}}
{{- end }}

{{/* The labels by which the NetworkPolicy knows Traefik: {namespaceLabels, podLabels}. */}}
{{- define "sallyport.traefikPeer" -}}
{{- $given := .Values.networkPolicy.traefik | default dict -}}
{{- $known := (include "sallyport.platform" . | fromJson).traefik -}}
{{- $peer := dict -}}
{{- range list "namespaceLabels" "podLabels" -}}
{{- $_ := set $peer . (get $given . | default (get $known .)) -}}
{{- end -}}
{{- toJson $peer -}}
{{- end }}

{{/* How Traefik's pods are listed, with their namespace and addresses: a command. */}}
{{- define "sallyport.listTraefik" -}}
{{- $words := list -}}
{{- range $key, $value := (include "sallyport.traefikPeer" . | fromJson).podLabels -}}
{{- $words = append $words (printf "%s=%s" $key $value) -}}
{{- end -}}
kubectl get pods --all-namespaces --output wide --selector {{ join "," $words }}
{{- end }}

{{/* How the networks of all pods are listed, node by node: a command. */}}
{{- define "sallyport.listNetworks" -}}
kubectl get nodes --output custom-columns=NODE:.metadata.name,PODS:.spec.podCIDRs
{{- end }}
