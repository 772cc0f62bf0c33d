#!/usr/bin/env bash
# Starts an inference worker with vLLM as a container on this machine's NVIDIA GPUs:
#   SLUICE_NATS_URL=nats://user:password@bus:4222 HF_TOKEN=… deploy/inference/deploy_vllm.sh
# or, with --server, vLLM's own OpenAI server instead, for a worker with SLUICE_ENGINE=openai to speak to.
#
#   --server         vLLM's server in place of the worker; VLLM_API_KEY guards it, --publish says where it listens
#   --eager          no CUDA graphs: for a card that is short of memory
#   --gpus WHICH     all (default), a number, or "device=0,1"
#   --name NAME      the container's; sluice-inference or sluice-vllm
#   --image IMAGE    sluice-inference-gpu or vllm/vllm-openai
#   --network NAME   host where the bus is on this machine; else Docker's own default
#   --publish WHERE  127.0.0.1:8000 (with --server)
#   --runtime NAME   nvidia (default); none where --gpus alone is enough (CDI)
#   --replace        a container of that name is removed first
#   --print          says what it would run, and runs nothing
#
# Every exported SLUICE_* setting goes to the worker (docs/settings.md). HF_CACHE: a volume (default: huggingface) or a
# folder for the hub's files. Secrets go from our environment into the container's, never onto a command line.
set -euo pipefail

readonly SERVER_IMAGE=vllm/vllm-openai:v0.32.0
readonly DEFAULT_MODEL=Qwen/Qwen2.5-7B-Instruct-AWQ

refuse() {
  printf 'deploy_vllm: %s\n' "$1" >&2
  exit 2
}

server='' eager='' replace='' print='' gpus=all name='' image='' network='' publish=127.0.0.1:8000 runtime=nvidia

read_arguments() {
  while (($#)); do
    case "$1" in
      --server) server=yes ;;
      --eager) eager=yes ;;
      --replace) replace=yes ;;
      --print) print=yes ;;
      --gpus | --name | --image | --network | --publish | --runtime)
        [[ -n "${2:-}" ]] || refuse "$1 needs a value"
        printf -v "${1#--}" '%s' "$2"
        shift
        ;;
      --help | -h)
        sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p;}' "$0"
        exit 0
        ;;
      *) refuse "what is $1? --help lists what there is" ;;
    esac
    shift
  done
}

# What both kinds of container are given; `options` grows.
options=()

describe_container() {
  # PyTorch's processes pass tensors by shared memory, and break on the 64 MB of /dev/shm that Docker gives a container.
  options+=(--detach --name "$name" --gpus "$gpus" --ipc=host --restart unless-stopped --init --stop-timeout 60)
  options+=(--log-opt max-size=10m --log-opt max-file=3)
  [[ "$runtime" == none ]] || options+=(--runtime "$runtime")
  [[ -z "$network" ]] || options+=(--network "$network")
  # By name alone: Docker takes the value from our environment, so that `ps` shows none.
  export HF_TOKEN="${HF_TOKEN:-${HUGGING_FACE_HUB_TOKEN:-}}"
  [[ -z "$HF_TOKEN" ]] || options+=(--env HF_TOKEN)
}

# A model or a template on this machine is shown to the container, read-only, at a path of its own.
show_files() {
  if [[ -d "$SLUICE_MODEL" ]]; then
    options+=(--volume "$(realpath "$SLUICE_MODEL"):/models/$(basename "$(realpath "$SLUICE_MODEL")"):ro")
    SLUICE_MODEL="/models/$(basename "$(realpath "$SLUICE_MODEL")")"
  elif [[ "$SLUICE_MODEL" == [./~]* ]]; then
    refuse "SLUICE_MODEL=$SLUICE_MODEL is no folder"
  fi
  if [[ -n "${SLUICE_ENGINE_CHAT_TEMPLATE:-}" ]]; then
    [[ -f "$SLUICE_ENGINE_CHAT_TEMPLATE" ]] || refuse "SLUICE_ENGINE_CHAT_TEMPLATE=$SLUICE_ENGINE_CHAT_TEMPLATE is no file"
    options+=(--volume "$(realpath "$SLUICE_ENGINE_CHAT_TEMPLATE"):/etc/sluice/chat_template.jinja:ro")
    SLUICE_ENGINE_CHAT_TEMPLATE=/etc/sluice/chat_template.jinja
  fi
}

describe_worker() {
  local setting
  [[ -n "${SLUICE_NATS_URL:-}" ]] || refuse 'SLUICE_NATS_URL is not set: where is the bus?'
  export SLUICE_ENGINE=vllm SLUICE_MODEL SLUICE_SERVED_MODEL_NAME
  options+=(--cap-drop ALL --security-opt no-new-privileges:true)
  options+=(--volume "${HF_CACHE:-huggingface}:/var/lib/sluice/huggingface" --env HF_HOME=/var/lib/sluice/huggingface)
  for setting in $(compgen -e | grep '^SLUICE_'); do
    [[ "$setting" == SLUICE_DATABASE_URL ]] || options+=(--env "$setting")  # a worker needs no database
  done
}

# The worker's settings in the words of vLLM's server; what it is told last holds.
engine_words=()

describe_server() {
  local setting words
  options+=(--publish "$publish:8000" --volume "${HF_CACHE:-huggingface}:/root/.cache/huggingface")
  [[ -z "${VLLM_API_KEY:-}" ]] || options+=(--env VLLM_API_KEY)
  engine_words+=("$SLUICE_MODEL" --served-model-name "$SLUICE_SERVED_MODEL_NAME")
  engine_words+=(--dtype "${SLUICE_ENGINE_DTYPE:-half}" --max-model-len "${SLUICE_ENGINE_MAX_MODEL_LEN:-8192}")
  engine_words+=(--gpu-memory-utilization "${SLUICE_ENGINE_GPU_MEMORY_UTILIZATION:-0.90}")
  for setting in QUANTIZATION MAX_NUM_SEQS TENSOR_PARALLEL_SIZE PIPELINE_PARALLEL_SIZE KV_CACHE_DTYPE CHAT_TEMPLATE; do
    words="SLUICE_ENGINE_$setting"
    [[ -z "${!words:-}" ]] || engine_words+=("--$(tr 'A-Z_' 'a-z-' <<<"$setting")" "${!words}")
  done
  case "${SLUICE_ENGINE_ENABLE_PREFIX_CACHING:-}" in
    true | 1) engine_words+=(--enable-prefix-caching) ;;
    false | 0) engine_words+=(--no-enable-prefix-caching) ;;
  esac
  [[ "${SLUICE_ENGINE_ENFORCE_EAGER:-}" != @(true|1) ]] || engine_words+=(--enforce-eager)
  case "${SLUICE_ENGINE_SPECULATION:-}" in
    '') ;;
    '{'*) engine_words+=(--speculative-config "$SLUICE_ENGINE_SPECULATION") ;;
    *) refuse "vLLM's own server takes SLUICE_ENGINE_SPECULATION as JSON only" ;;
  esac
  [[ "${SLUICE_ENGINE_ARGS:-}" != '{'* ]] || refuse "vLLM's own server takes SLUICE_ENGINE_ARGS as words of its command line, not as JSON"
  if [[ -n "${SLUICE_ENGINE_ARGS:-}" ]]; then
    xargs printf '%s' <<<"$SLUICE_ENGINE_ARGS" >/dev/null 2>&1 || refuse 'SLUICE_ENGINE_ARGS: a quotation mark is left open'
    words=()
    mapfile -t -d '' words < <(xargs printf '%s\0' <<<"$SLUICE_ENGINE_ARGS")
    engine_words+=("${words[@]}")
  fi
}

check_docker() {
  command -v docker >/dev/null || refuse 'docker is not there'
  local runtimes
  runtimes="$(docker info --format '{{range $name, $_ := .Runtimes}}{{$name}} {{end}}')" || refuse 'docker does not answer'
  [[ "$runtime" == none || " $runtimes " == *" $runtime "* ]] ||
    refuse "Docker has no runtime '$runtime' (it has: $runtimes): install nvidia-container-toolkit"
  if [[ -z "$server" ]] && ! docker image inspect "$image" >/dev/null 2>&1; then
    refuse "there is no image $image: docker build -f deploy/docker/Dockerfile --build-arg SERVICE=inference --build-arg SET=inference-gpu -t $image ."
  fi
  if docker container inspect "$name" >/dev/null 2>&1; then
    [[ -n "$replace" ]] || refuse "a container $name is there already: --replace, or another --name"
    docker rm --force "$name" >/dev/null
  fi
}

main() {
  read_arguments "$@"
  name="${name:-$([[ -n "$server" ]] && echo sluice-vllm || echo sluice-inference)}"
  image="${image:-$([[ -n "$server" ]] && echo "$SERVER_IMAGE" || echo sluice-inference-gpu)}"
  [[ -z "$eager" ]] || export SLUICE_ENGINE_ENFORCE_EAGER=true
  [[ " ${SLUICE_ENGINE_ARGS:-}" != *[[:space:]]--hf[-_]token* ]] || refuse "the hub's token goes into HF_TOKEN, where no list of processes shows it"
  if [[ -z "${SLUICE_MODEL:-}" ]]; then
    SLUICE_MODEL="$DEFAULT_MODEL"
    export SLUICE_ENGINE_QUANTIZATION="${SLUICE_ENGINE_QUANTIZATION:-awq}"
  fi
  SLUICE_SERVED_MODEL_NAME="${SLUICE_SERVED_MODEL_NAME:-gpt-4-local}"
  if [[ -z "$server$network" && "${SLUICE_NATS_URL:-}" =~ (@|//|,)(127\.|localhost|\[::1\]) ]]; then
    network=host
  fi
  describe_container
  show_files
  if [[ -n "$server" ]]; then describe_server; else describe_worker; fi
  if [[ -n "$print" ]]; then
    printf 'docker run'
    printf ' %q' "${options[@]}" "$image" "${engine_words[@]}"
    printf '\n'
    return
  fi
  check_docker
  docker run "${options[@]}" "$image" "${engine_words[@]}"
  printf 'deploy_vllm: %s serves %s as %s; docker logs --follow %s\n' "$name" "$SLUICE_MODEL" "$SLUICE_SERVED_MODEL_NAME" "$name" >&2
}

main "$@"
