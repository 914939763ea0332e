{{/* Egress to PostgreSQL: the bundled one, or what the values name. */}}
{{- define "canslim.toDatabase" -}}
{{- include "canslim.toServer" (dict "root" . "bundled" .Values.postgresql.bundled "component" "postgresql" "port" 5432 "outside" .Values.networkPolicy.database) -}}
{{- end -}}

{{- define "canslim.toRedis" -}}
{{- include "canslim.toServer" (dict "root" . "bundled" .Values.valkey.bundled "component" "valkey" "port" 6379 "outside" .Values.networkPolicy.redis) -}}
{{- end -}}

{{- define "canslim.toServer" -}}
- ports:
    - port: {{ .bundled | ternary .port .outside.port }}
      protocol: TCP
  to:
    {{- if .bundled }}
    - podSelector:
        matchLabels:
          {{- include "canslim.selectorLabels" . | nindent 10 }}
    {{- else }}
    {{- toYaml .outside.to | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "canslim.toOtlp" -}}
{{- if .Values.settings.otlpEndpoint }}
- ports:
    - port: {{ .Values.networkPolicy.otlp.port }}
      protocol: TCP
  to:
    {{- toYaml .Values.networkPolicy.otlp.to | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* Peers: the API and all pools. */}}
{{- define "canslim.fromWorkers" -}}
- podSelector:
    matchLabels:
      {{- include "canslim.selectorLabels" (dict "root" . "component" "api") | nindent 6 }}
- podSelector:
    matchLabels:
      {{- include "canslim.releaseLabels" . | nindent 6 }}
    matchExpressions:
      - key: canslim.io/queue
        operator: Exists
{{- end -}}

{{/* The autoscaling modes of all pools, as a JSON list. */}}
{{- define "canslim.modes" -}}
{{- $modes := list -}}
{{- range include "canslim.pools" . | fromJson -}}
{{- $modes = append $modes .autoscaling.mode -}}
{{- end -}}
{{- $modes | uniq | toJson -}}
{{- end -}}
