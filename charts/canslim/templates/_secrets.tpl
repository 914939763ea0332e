{{/*
(dict "root" $ "secret" NAME "key" KEY): what the cluster has under this key, else 40 new characters. Rendered without a
cluster they are new each time.
*/}}
{{- define "canslim.stableRandom" -}}
{{- $there := (lookup "v1" "Secret" .root.Release.Namespace .secret).data | default dict -}}
{{- if hasKey $there .key -}}
{{ get $there .key | b64dec }}
{{- else -}}
{{ randAlphaNum 40 }}
{{- end -}}
{{- end -}}
