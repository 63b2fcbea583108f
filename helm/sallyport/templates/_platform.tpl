{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* Values that clusters of one kind have in common. The user's own values override them. As {"traefik": {labels of its
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

{{/* The labels with which the NetworkPolicy selects Traefik: {namespaceLabels, podLabels}. */}}
{{- define "sallyport.traefikPeer" -}}
{{- $given := .Values.networkPolicy.traefik | default dict -}}
{{- $known := (include "sallyport.platform" . | fromJson).traefik -}}
{{- $peer := dict -}}
{{- range list "namespaceLabels" "podLabels" -}}
{{- $_ := set $peer . (get $given . | default (get $known .)) -}}
{{- end -}}
{{- toJson $peer -}}
{{- end }}

{{/* The command that lists Traefik's pods, with their namespace and addresses. */}}
{{- define "sallyport.listTraefik" -}}
{{- $words := list -}}
{{- range $key, $value := (include "sallyport.traefikPeer" . | fromJson).podLabels -}}
{{- $words = append $words (printf "%s=%s" $key $value) -}}
{{- end -}}
kubectl get pods --all-namespaces --output wide --selector {{ join "," $words }}
{{- end }}

{{/* The command that lists the pod network of each node. */}}
{{- define "sallyport.listNetworks" -}}
kubectl get nodes --output custom-columns=NODE:.metadata.name,PODS:.spec.podCIDRs
{{- end }}
