{{/* Settings that all processes share, as environment variables. Only names that the services know: others stop them. */}}
{{- define "canslim.settings" -}}
{{- with .Values.settings -}}
CANSLIM_API_HOST: "0.0.0.0"
CANSLIM_DRAIN_SECONDS: {{ int64 $.Values.drainSeconds | quote }}
CANSLIM_LOG_FORMAT: {{ .logFormat | quote }}
CANSLIM_PROVIDER: {{ .provider | quote }}
{{- with .universe }}
CANSLIM_UNIVERSE: {{ . | quote }}
{{- end }}
{{- with .otlpEndpoint }}
CANSLIM_OTLP_ENDPOINT: {{ . | quote }}
{{- end }}
{{- if eq .provider "yahoo" }}
CANSLIM_YAHOO_REQUESTS_PER_SECOND: {{ .yahoo.requestsPerSecond | quote }}
CANSLIM_YAHOO_BURST: {{ int64 .yahoo.burst | quote }}
CANSLIM_YAHOO_IN_FLIGHT: {{ int64 .yahoo.inFlight | quote }}
CANSLIM_YAHOO_TIMEOUT_SECONDS: {{ .yahoo.timeoutSeconds | quote }}
{{- else if eq .provider "synthetic" }}
CANSLIM_SYNTHETIC_SYMBOLS: {{ int64 .synthetic.symbols | quote }}
CANSLIM_SYNTHETIC_LATENCY_MS: {{ .synthetic.latencyMs | quote }}
CANSLIM_SYNTHETIC_FAILURE_RATE: {{ .synthetic.failureRate | quote }}
{{- else if eq .provider "files" }}
CANSLIM_FILES_DIR: /files
{{- end }}
{{- end -}}
{{- end -}}
