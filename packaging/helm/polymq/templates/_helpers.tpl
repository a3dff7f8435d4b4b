{{- define "polymq.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- define "polymq.labels" -}}
app.kubernetes.io/name: polymq
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
{{- define "polymq.selector" -}}
app.kubernetes.io/name: polymq
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "polymq.secret" -}}
{{- if .Values.admin.existingSecret -}}{{ .Values.admin.existingSecret }}{{- else -}}{{ include "polymq.name" . }}-admin{{- end -}}
{{- end -}}
