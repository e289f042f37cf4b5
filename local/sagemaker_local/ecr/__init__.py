"""Amazon ECR: moto's tables of repositories, and a real registry for what is in the images."""
