"""Sends a file by boto3's managed transfer: `FILE BUCKET KEY`."""

import sys

import boto3

file, bucket, key = sys.argv[1:]
boto3.client("s3").upload_file(file, bucket, key)
