# frozen_string_literal: true

Gem::Specification.new do |spec|
  spec.name = "greeting"
  spec.version = "1.0"
  spec.summary = "Says hello"
  spec.authors = ["Nobody"]
  spec.files = ["lib/greeting.rb"]
end
