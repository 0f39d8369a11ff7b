"""What the chapters and the site of *The DeepSeek Shock* stand on."""
