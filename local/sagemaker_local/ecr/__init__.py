"""Amazon ECR: moto's tables of repositories, and a registry of our own for what is in the images."""
