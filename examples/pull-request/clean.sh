#!/usr/bin/env bash
# Removes all that a pull request's runs made: PREFIX is pr-N/, PROJECT the project, AWS_REGION the region. BUCKET is the
# steps' `bucket`, where they give one; REPOSITORY is their `ecr-repository`, where they build images.
# Needs the policies clean-up and clean-up-images of docs/aws.md.
set -euo pipefail
: "${PREFIX:?}" "${PROJECT:?}" "${AWS_REGION:?}"

# Version 1 of the command line does not read AWS_REGION.
export AWS_DEFAULT_REGION=$AWS_REGION
account=$(aws sts get-caller-identity --query Account --output text)
bucket=${BUCKET:-sagemaker-$AWS_REGION-$account}

echo "Jobs of $PREFIX$PROJECT in progress:"
filter='{"Filters": [{"Name": "Tags.SimpleSagemakerProject", "Operator": "Equals", "Value": "'$PREFIX$PROJECT'"}]}'
jobs_that_are() {
  aws sagemaker search --resource TrainingJob --search-expression "$filter" --output text \
    --query "Results[?TrainingJob.TrainingJobStatus=='$1'].TrainingJob.TrainingJobName"
}
running=$(jobs_that_are InProgress)
for job in $running; do
  echo "- $job is stopped"
  aws sagemaker stop-training-job --training-job-name "$job" || echo "- $job had ended"
done
stopping=$(jobs_that_are Stopping) # Whoever stopped it: it still writes its results.
has_ended() {
  status=$(aws sagemaker describe-training-job --training-job-name "$1" --query TrainingJobStatus --output text) || exit 1
  [[ $status != InProgress && $status != Stopping ]]
}
for job in $running $stopping; do
  until has_ended "$job"; do sleep 5; done
done

echo "Objects of s3://$bucket/$PREFIX$PROJECT/:"
aws s3 rm --recursive "s3://$bucket/$PREFIX$PROJECT/"

[ -n "${REPOSITORY:-}" ] || exit 0

# Images that the pull request built have an image-tag pr-N-…; one that has a name besides is somebody else's too.
echo "Images of ${PREFIX%/} in $REPOSITORY:"
if ! said=$(aws ecr describe-repositories --repository-names "$REPOSITORY" 2>&1); then
  [[ $said == *RepositoryNotFoundException* ]] && exit 0 # No run has built an image.
  echo "$said" >&2
  exit 1
fi
aws ecr describe-images --repository-name "$REPOSITORY" --filter tagStatus=TAGGED --output json \
  --query "imageDetails[?imageTags[?starts_with(@, '${PREFIX%/}-')]].{digest: imageDigest, tags: imageTags}" |
  python3 -c '
import json, re, sys
own = sys.argv[1] + "-"
for image in json.load(sys.stdin):
    others = [tag for tag in image["tags"] if not tag.startswith(own) and not re.fullmatch("[0-9a-f]{12,64}", tag)]
    print(*(["imageTag=" + tag for tag in image["tags"] if tag.startswith(own)] if others else ["imageDigest=" + image["digest"]]), sep="\n")
' "${PREFIX%/}" | while read -r image; do
  echo "- $image"
  aws ecr batch-delete-image --repository-name "$REPOSITORY" --image-ids "$image" --query 'failures[]' --output text
done
