{{/* (dict "under" map "over" map): the second one laid over the first; unlike Helm's merge it lets 0 and "" through. */}}
{{- define "canslim.overlay" -}}
{{- $result := deepCopy .under -}}
{{- range $key, $value := .over -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $result $key)) -}}
{{- $_ := set $result $key (include "canslim.overlay" (dict "under" (get $result $key) "over" $value) | fromJson) -}}
{{- else -}}
{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}

{{/*
The pools by name, each complete: what it says itself over the defaults of its service; `threads` resolved; `most`, the
pods it can use; `target`, the seconds of outstanding work that a pod may have, which is half of what it does within the
objective, for metrics and the start of a pod take their time.
*/}}
{{- define "canslim.pools" -}}
{{- $pools := dict -}}
{{- range $name, $own := .Values.pools -}}
{{- $defaults := get $.Values.poolDefaults $own.service -}}
{{- $pool := include "canslim.overlay" (dict "under" $defaults "over" $own) | fromJson -}}
{{- $threads := int $pool.threads | default (int (include "canslim.usualThreads" (dict "root" $ "service" $own.service))) -}}
{{- $_ := set $pool "threads" $threads -}}
{{- $_ := set $pool "target" (divf (mul $threads (int $pool.autoscaling.objectiveSeconds)) 2 | ceil) -}}
{{- $most := int $pool.autoscaling.maxReplicas -}}
{{- if and (eq $own.service "collector") (eq $.Values.settings.provider "yahoo") -}}
{{- /* More pods than the fleet may have requests in flight would only wait. */ -}}
{{- $most = min $most (divf $.Values.settings.yahoo.inFlight $threads | ceil | int) -}}
{{- end -}}
{{- $_ := set $pool "most" $most -}}
{{- $_ := set $pool "fullname" (printf "%s-%s" (include "canslim.fullname" $) $name) -}}
{{- $_ := set $pools $name $pool -}}
{{- end -}}
{{- toJson $pools -}}
{{- end -}}

{{/* (dict "root" $ "service" "collector"): what the service takes where nobody says, spelled out to scale by it. */}}
{{- define "canslim.usualThreads" -}}
{{- if eq .service "scoring" -}}1
{{- else if eq .root.Values.settings.provider "yahoo" -}}1
{{- else -}}4
{{- end -}}
{{- end -}}

{{/* By queue, the seconds that a task may wait as the rules have it, in a record for Prometheus. As JSON. */}}
{{- define "canslim.objectives" -}}
{{- $objectives := dict -}}
{{- range $path, $content := .Files.Glob "rules/*.yaml" -}}
{{- range ($.Files.Get $path | fromYaml).groups -}}
{{- range .rules -}}
{{- if eq (.record | default "") "queue:canslim_task_wait_objective_seconds" -}}
{{- $_ := set $objectives .labels.queue (regexFind "[0-9]+" .expr | int64) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $objectives -}}
{{- end -}}

{{/* Up at once, at most doubling or four pods in 30 s; down one pod in two minutes, after five quiet minutes. */}}
{{- define "canslim.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - type: Percent
      value: 100
      periodSeconds: 30
    - type: Pods
      value: 4
      periodSeconds: 30
scaleDown:
  stabilizationWindowSeconds: 300
  selectPolicy: Max
  policies:
    - type: Pods
      value: 1
      periodSeconds: 120
{{- end -}}
