"""Sends a folder by the SageMaker Python SDK v2: `FOLDER S3URI`."""

import sys

from sagemaker.s3 import S3Uploader

folder, uri = sys.argv[1:]
S3Uploader.upload(folder, uri)
